/**
 * The typed, immutable syntax tree of Python.
 *
 * Names and fields are those of CPython's own `ast` module (https://docs.python.org/3/library/ast.html),
 * in camel case where CPython uses underscores, so that whoever knows one knows the other.
 * Every node has its range in the text; offsets are UTF-16 code units, as in JavaScript strings and in LSP.
 */

/** A half-open range of the text, in UTF-16 offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

interface Located {
  readonly range: Range;
}

export type Statement =
  | FunctionDef
  | ClassDef
  | Return
  | Delete
  | Assign
  | AugAssign
  | AnnAssign
  | For
  | While
  | If
  | With
  | Match
  | Raise
  | Try
  | Assert
  | Import
  | ImportFrom
  | Global
  | Nonlocal
  | ExprStatement
  | Pass
  | Break
  | Continue
  | BrokenStatement;

export type Expression =
  | BoolOp
  | NamedExpr
  | BinOp
  | UnaryOp
  | Lambda
  | IfExp
  | Dict
  | SetExpr
  | ListComp
  | SetComp
  | DictComp
  | GeneratorExp
  | Await
  | Yield
  | YieldFrom
  | Compare
  | Call
  | JoinedStr
  | FormattedValue
  | Constant
  | Attribute
  | Subscript
  | Starred
  | Name
  | List
  | Tuple
  | Slice
  | BrokenExpression;

export type AnyNode = Statement | Expression | Module;

export interface Module extends Located {
  readonly kind: 'Module';
  readonly body: readonly Statement[];
  /** Every comment of the file in source order, `#` included. */
  readonly comments: readonly Comment[];
  /** Places the parser could not read; a broken line loses that line, not the file. */
  readonly errors: readonly SyntaxProblem[];
}

export interface Comment extends Located {
  readonly text: string;
}

export interface SyntaxProblem extends Located {
  readonly message: string;
}

export interface FunctionDef extends Located {
  readonly kind: 'FunctionDef';
  readonly isAsync: boolean;
  readonly name: string;
  readonly nameRange: Range;
  readonly args: Arguments;
  readonly body: readonly Statement[];
  readonly decorators: readonly Expression[];
  readonly returns: Expression | null;
  /** The text of the docstring, if the body starts with one. */
  readonly docstring: string | null;
}

export interface ClassDef extends Located {
  readonly kind: 'ClassDef';
  readonly name: string;
  readonly nameRange: Range;
  readonly bases: readonly Expression[];
  readonly keywords: readonly Keyword[];
  readonly body: readonly Statement[];
  readonly decorators: readonly Expression[];
  readonly docstring: string | null;
}

export interface Arguments {
  readonly positionalOnly: readonly Parameter[];
  readonly args: readonly Parameter[];
  readonly vararg: Parameter | null;
  readonly keywordOnly: readonly Parameter[];
  readonly kwarg: Parameter | null;
}

/** One formal parameter; its default stands beside it (CPython keeps defaults apart). */
export interface Parameter extends Located {
  readonly name: string;
  readonly annotation: Expression | null;
  readonly defaultValue: Expression | null;
}

export interface Keyword extends Located {
  /** `null` for `**mapping`. */
  readonly name: string | null;
  readonly value: Expression;
}

export interface Return extends Located {
  readonly kind: 'Return';
  readonly value: Expression | null;
}
export interface Delete extends Located {
  readonly kind: 'Delete';
  readonly targets: readonly Expression[];
}
export interface Assign extends Located {
  readonly kind: 'Assign';
  readonly targets: readonly Expression[];
  readonly value: Expression;
}
export interface AugAssign extends Located {
  readonly kind: 'AugAssign';
  readonly target: Expression;
  readonly op: BinaryOperator;
  readonly value: Expression;
}
export interface AnnAssign extends Located {
  readonly kind: 'AnnAssign';
  readonly target: Expression;
  readonly annotation: Expression;
  readonly value: Expression | null;
}
export interface For extends Located {
  readonly kind: 'For';
  readonly isAsync: boolean;
  readonly target: Expression;
  readonly iter: Expression;
  readonly body: readonly Statement[];
  readonly orelse: readonly Statement[];
}
export interface While extends Located {
  readonly kind: 'While';
  readonly test: Expression;
  readonly body: readonly Statement[];
  readonly orelse: readonly Statement[];
}
export interface If extends Located {
  readonly kind: 'If';
  readonly test: Expression;
  readonly body: readonly Statement[];
  /** An `elif` is an `If` alone in here, as in CPython. */
  readonly orelse: readonly Statement[];
}
export interface With extends Located {
  readonly kind: 'With';
  readonly isAsync: boolean;
  readonly items: readonly WithItem[];
  readonly body: readonly Statement[];
}
export interface WithItem {
  readonly contextExpr: Expression;
  readonly optionalVars: Expression | null;
}
export interface Match extends Located {
  readonly kind: 'Match';
  readonly subject: Expression;
  readonly cases: readonly MatchCase[];
}
export interface MatchCase extends Located {
  readonly pattern: Pattern;
  readonly guard: Expression | null;
  readonly body: readonly Statement[];
}
export type Pattern =
  | ({ readonly kind: 'MatchValue'; readonly value: Expression } & Located)
  | ({ readonly kind: 'MatchSingleton'; readonly value: null | boolean } & Located)
  | ({ readonly kind: 'MatchSequence'; readonly patterns: readonly Pattern[] } & Located)
  | ({
      readonly kind: 'MatchMapping';
      readonly keys: readonly Expression[];
      readonly patterns: readonly Pattern[];
      readonly rest: string | null;
    } & Located)
  | ({
      readonly kind: 'MatchClass';
      readonly cls: Expression;
      readonly patterns: readonly Pattern[];
      readonly keywordPatterns: readonly { readonly name: string; readonly pattern: Pattern }[];
    } & Located)
  | ({ readonly kind: 'MatchStar'; readonly name: string | null } & Located)
  /** `_` is a `MatchAs` with neither pattern nor name, as in CPython. */
  | ({ readonly kind: 'MatchAs'; readonly pattern: Pattern | null; readonly name: string | null } & Located)
  | ({ readonly kind: 'MatchOr'; readonly patterns: readonly Pattern[] } & Located);

export interface Raise extends Located {
  readonly kind: 'Raise';
  readonly exc: Expression | null;
  readonly cause: Expression | null;
}
export interface Try extends Located {
  readonly kind: 'Try';
  readonly body: readonly Statement[];
  readonly handlers: readonly ExceptHandler[];
  readonly orelse: readonly Statement[];
  readonly finalbody: readonly Statement[];
}
export interface ExceptHandler extends Located {
  readonly type: Expression | null;
  readonly name: string | null;
  readonly body: readonly Statement[];
}
export interface Assert extends Located {
  readonly kind: 'Assert';
  readonly test: Expression;
  readonly msg: Expression | null;
}
export interface Import extends Located {
  readonly kind: 'Import';
  readonly names: readonly Alias[];
}
export interface ImportFrom extends Located {
  readonly kind: 'ImportFrom';
  /** `null` for `from . import x`. */
  readonly module: string | null;
  /** `*` is an alias named `*`. */
  readonly names: readonly Alias[];
  /** The number of leading dots. */
  readonly level: number;
}
export interface Alias extends Located {
  readonly name: string;
  readonly asName: string | null;
}
export interface Global extends Located {
  readonly kind: 'Global';
  readonly names: readonly string[];
}
export interface Nonlocal extends Located {
  readonly kind: 'Nonlocal';
  readonly names: readonly string[];
}
export interface ExprStatement extends Located {
  readonly kind: 'ExprStatement';
  readonly value: Expression;
}
export interface Pass extends Located {
  readonly kind: 'Pass';
}
export interface Break extends Located {
  readonly kind: 'Break';
}
export interface Continue extends Located {
  readonly kind: 'Continue';
}
/** Lines that could not be parsed; `names` are those that they may bind or change, which are unknown from here on. */
export interface BrokenStatement extends Located {
  readonly kind: 'BrokenStatement';
  readonly names: readonly string[];
}

export type BinaryOperator = '+' | '-' | '*' | '@' | '/' | '%' | '**' | '<<' | '>>' | '|' | '^' | '&' | '//';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'is' | 'is not' | 'in' | 'not in';

export interface BoolOp extends Located {
  readonly kind: 'BoolOp';
  readonly op: 'and' | 'or';
  readonly values: readonly Expression[];
}
export interface NamedExpr extends Located {
  readonly kind: 'NamedExpr';
  readonly target: Name;
  readonly value: Expression;
}
export interface BinOp extends Located {
  readonly kind: 'BinOp';
  readonly left: Expression;
  readonly op: BinaryOperator;
  readonly right: Expression;
}
export interface UnaryOp extends Located {
  readonly kind: 'UnaryOp';
  readonly op: '~' | 'not' | '+' | '-';
  readonly operand: Expression;
}
export interface Lambda extends Located {
  readonly kind: 'Lambda';
  readonly args: Arguments;
  readonly body: Expression;
}
export interface IfExp extends Located {
  readonly kind: 'IfExp';
  readonly test: Expression;
  readonly body: Expression;
  readonly orelse: Expression;
}
export interface Dict extends Located {
  readonly kind: 'Dict';
  /** A `null` key is `**value`. */
  readonly items: readonly { readonly key: Expression | null; readonly value: Expression }[];
}
export interface SetExpr extends Located {
  readonly kind: 'Set';
  readonly elts: readonly Expression[];
}
export interface Comprehension {
  readonly target: Expression;
  readonly iter: Expression;
  readonly ifs: readonly Expression[];
  readonly isAsync: boolean;
}
export interface ListComp extends Located {
  readonly kind: 'ListComp';
  readonly elt: Expression;
  readonly generators: readonly Comprehension[];
}
export interface SetComp extends Located {
  readonly kind: 'SetComp';
  readonly elt: Expression;
  readonly generators: readonly Comprehension[];
}
export interface DictComp extends Located {
  readonly kind: 'DictComp';
  readonly key: Expression;
  readonly value: Expression;
  readonly generators: readonly Comprehension[];
}
export interface GeneratorExp extends Located {
  readonly kind: 'GeneratorExp';
  readonly elt: Expression;
  readonly generators: readonly Comprehension[];
}
export interface Await extends Located {
  readonly kind: 'Await';
  readonly value: Expression;
}
export interface Yield extends Located {
  readonly kind: 'Yield';
  readonly value: Expression | null;
}
export interface YieldFrom extends Located {
  readonly kind: 'YieldFrom';
  readonly value: Expression;
}
export interface Compare extends Located {
  readonly kind: 'Compare';
  readonly left: Expression;
  readonly ops: readonly ComparisonOperator[];
  readonly comparators: readonly Expression[];
}
export interface Call extends Located {
  readonly kind: 'Call';
  readonly func: Expression;
  /** Positional arguments; `*xs` is a `Starred`. */
  readonly args: readonly Expression[];
  readonly keywords: readonly Keyword[];
}
export interface JoinedStr extends Located {
  readonly kind: 'JoinedStr';
  /** Literal text (already unescaped) and the interpolated expressions; one that is formatted is a `FormattedValue`. */
  readonly values: readonly (string | Expression)[];
}
/** An interpolated expression with a conversion or a format: `{x!r}`, `{x:>{width}}`; only inside a `JoinedStr`. */
export interface FormattedValue extends Located {
  readonly kind: 'FormattedValue';
  readonly value: Expression;
  readonly conversion: 's' | 'r' | 'a' | null;
  readonly formatSpec: JoinedStr | null;
}
export interface Constant extends Located {
  readonly kind: 'Constant';
  readonly value: ConstantValue;
}
export type ConstantValue =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'complex'; readonly imaginary: number }
  /** Adjacent literals are already joined and escapes undone. */
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'None' }
  | { readonly type: 'Ellipsis' };
export interface Attribute extends Located {
  readonly kind: 'Attribute';
  readonly value: Expression;
  readonly attr: string;
  readonly attrRange: Range;
}
export interface Subscript extends Located {
  readonly kind: 'Subscript';
  readonly value: Expression;
  /** `x[a, b]` has a `Tuple` here, as in CPython. */
  readonly slice: Expression;
}
export interface Starred extends Located {
  readonly kind: 'Starred';
  readonly value: Expression;
}
export interface Name extends Located {
  readonly kind: 'Name';
  readonly id: string;
}
export interface List extends Located {
  readonly kind: 'List';
  readonly elts: readonly Expression[];
}
export interface Tuple extends Located {
  readonly kind: 'Tuple';
  readonly elts: readonly Expression[];
  /** Whether the range includes parentheses. */
  readonly parenthesized: boolean;
}
export interface Slice extends Located {
  readonly kind: 'Slice';
  readonly lower: Expression | null;
  readonly upper: Expression | null;
  readonly step: Expression | null;
}
/** An expression the parser could not read. */
export interface BrokenExpression extends Located {
  readonly kind: 'BrokenExpression';
}
