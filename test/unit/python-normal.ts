import type {
  Arguments,
  Comprehension,
  Expression,
  Keyword,
  Module,
  Parameter,
  Pattern,
  Range,
  Statement,
} from '../../language-server/python/ast.ts';

/** The normal form that test/facts/python_ast.py writes: a node is `[kind, start, end, field, ...]`. */
export type Form = null | boolean | number | string | readonly Form[];

/** The normal form of a module. */
export function normalForm(module: Module): Form {
  return module.body.map(statement);
}

function at({ range }: { readonly range: Range }): [number, number] {
  return [range.start, range.end];
}

function statement(s: Statement): Form {
  const head = [s.kind, ...at(s)] as const;
  switch (s.kind) {
    case 'FunctionDef':
      return [
        ...head,
        s.isAsync,
        s.name,
        parameters(s.args),
        s.body.map(statement),
        s.decorators.map(expression),
        optional(s.returns),
        s.docstring,
      ];
    case 'ClassDef':
      return [
        ...head,
        s.name,
        s.bases.map(expression),
        s.keywords.map(keyword),
        s.body.map(statement),
        s.decorators.map(expression),
        s.docstring,
      ];
    case 'Return':
      return [...head, optional(s.value)];
    case 'Delete':
      return [...head, s.targets.map(expression)];
    case 'Assign':
      return [...head, s.targets.map(expression), expression(s.value)];
    case 'AugAssign':
      return [...head, expression(s.target), s.op, expression(s.value)];
    case 'AnnAssign':
      return [...head, expression(s.target), expression(s.annotation), optional(s.value)];
    case 'For':
      return [
        ...head,
        s.isAsync,
        expression(s.target),
        expression(s.iter),
        s.body.map(statement),
        s.orelse.map(statement),
      ];
    case 'While':
    case 'If':
      return [...head, expression(s.test), s.body.map(statement), s.orelse.map(statement)];
    case 'With':
      return [
        ...head,
        s.isAsync,
        s.items.map((item) => [expression(item.contextExpr), optional(item.optionalVars)]),
        s.body.map(statement),
      ];
    case 'Match':
      return [
        ...head,
        expression(s.subject),
        s.cases.map((each) => [pattern(each.pattern), optional(each.guard), each.body.map(statement)]),
      ];
    case 'Raise':
      return [...head, optional(s.exc), optional(s.cause)];
    case 'Try':
      return [
        ...head,
        s.body.map(statement),
        s.handlers.map((handler) => [
          ...at(handler),
          optional(handler.type),
          handler.name,
          handler.body.map(statement),
        ]),
        s.orelse.map(statement),
        s.finalbody.map(statement),
      ];
    case 'Assert':
      return [...head, expression(s.test), optional(s.msg)];
    case 'Import':
      return [...head, s.names.map((name) => [...at(name), name.name, name.asName])];
    case 'ImportFrom':
      return [...head, s.module, s.names.map((name) => [...at(name), name.name, name.asName]), s.level];
    case 'Global':
    case 'Nonlocal':
    case 'BrokenStatement':
      return [...head, s.names];
    case 'ExprStatement':
      return [...head, expression(s.value)];
    case 'Pass':
    case 'Break':
    case 'Continue':
      return head;
  }
}

function optional(e: Expression | null): Form {
  return e === null ? null : expression(e);
}

function expression(e: Expression): Form {
  const head = [e.kind, ...at(e)] as const;
  switch (e.kind) {
    case 'BoolOp':
      return [...head, e.op, e.values.map(expression)];
    case 'NamedExpr':
      return [...head, expression(e.target), expression(e.value)];
    case 'BinOp':
      return [...head, expression(e.left), e.op, expression(e.right)];
    case 'UnaryOp':
      return [...head, e.op, expression(e.operand)];
    case 'Lambda':
      return [...head, parameters(e.args), expression(e.body)];
    case 'IfExp':
      return [...head, expression(e.test), expression(e.body), expression(e.orelse)];
    case 'Dict':
      return [...head, e.items.map(({ key, value }) => [optional(key), expression(value)])];
    case 'Set':
    case 'List':
    case 'Tuple':
      return [...head, e.elts.map(expression)];
    case 'ListComp':
    case 'SetComp':
    case 'GeneratorExp':
      return [...head, expression(e.elt), e.generators.map(comprehension)];
    case 'DictComp':
      return [...head, expression(e.key), expression(e.value), e.generators.map(comprehension)];
    case 'Yield':
      return [...head, optional(e.value)];
    case 'Await':
    case 'YieldFrom':
    case 'Starred':
      return [...head, expression(e.value)];
    case 'Compare':
      return [...head, expression(e.left), e.ops, e.comparators.map(expression)];
    case 'Call':
      return [...head, expression(e.func), e.args.map(expression), e.keywords.map(keyword)];
    case 'JoinedStr':
      return [...head, pieces(e.values)];
    case 'FormattedValue':
      return [e.kind, expression(e.value), e.conversion, e.formatSpec === null ? null : pieces(e.formatSpec.values)];
    case 'Constant': {
      const { value } = e;
      switch (value.type) {
        case 'None':
        case 'Ellipsis':
          return [...head, value.type];
        case 'complex':
          return [...head, value.type, finite(value.imaginary)];
        case 'int':
        case 'float':
          return [...head, value.type, finite(value.value)];
        case 'str':
        case 'bytes':
        case 'bool':
          return [...head, value.type, value.value];
      }
      return head;
    }
    case 'Attribute':
      return [...head, expression(e.value), e.attr];
    case 'Subscript':
      return [...head, expression(e.value), expression(e.slice)];
    case 'Name':
      return [...head, e.id];
    case 'Slice':
      return [...head, optional(e.lower), optional(e.upper), optional(e.step)];
    case 'BrokenExpression':
      return head;
  }
}

function pieces(values: readonly (string | Expression)[]): Form {
  return values.map((value) => (typeof value === 'string' ? value : expression(value)));
}

function finite(value: number): Form {
  return Number.isFinite(value) ? value : 'inf';
}

function keyword(k: Keyword): Form {
  return [...at(k), k.name, expression(k.value)];
}

function comprehension(g: Comprehension): Form {
  return [expression(g.target), expression(g.iter), g.ifs.map(expression), g.isAsync];
}

function parameters(a: Arguments): Form {
  return [
    a.positionalOnly.map(parameter),
    a.args.map(parameter),
    a.vararg === null ? null : parameter(a.vararg),
    a.keywordOnly.map(parameter),
    a.kwarg === null ? null : parameter(a.kwarg),
  ];
}

function parameter(p: Parameter): Form {
  return [...at(p), p.name, optional(p.annotation), optional(p.defaultValue)];
}

function pattern(p: Pattern): Form {
  const head = [p.kind, ...at(p)] as const;
  switch (p.kind) {
    case 'MatchValue':
      return [...head, expression(p.value)];
    case 'MatchSingleton':
      return [...head, p.value];
    case 'MatchSequence':
    case 'MatchOr':
      return [...head, p.patterns.map(pattern)];
    case 'MatchMapping':
      return [...head, p.keys.map(expression), p.patterns.map(pattern), p.rest];
    case 'MatchClass':
      return [
        ...head,
        expression(p.cls),
        p.patterns.map(pattern),
        p.keywordPatterns.map((each) => [each.name, pattern(each.pattern)]),
      ];
    case 'MatchStar':
      return [...head, p.name];
    case 'MatchAs':
      return [...head, p.pattern === null ? null : pattern(p.pattern), p.name];
  }
}

/** Where two forms first differ, or null. A U+FFFD of `ours` stands for any character, since names of characters are not known. */
export function difference(ours: Form, theirs: Form, path = ''): string | null {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const here = typeof ours[0] === 'string' ? `${path}/${ours[0]}@${String(ours[1])}` : path;
    for (let i = 0; i < Math.max(ours.length, theirs.length); i += 1) {
      const a: Form | undefined = ours[i];
      const b: Form | undefined = theirs[i];
      if (a === undefined || b === undefined) return `${here}[${i}]: ${JSON.stringify(a)} for ${JSON.stringify(b)}`;
      const found = difference(a, b, `${here}[${i}]`);
      if (found !== null) return found;
    }
    return null;
  }
  if (ours === theirs || (typeof ours === 'string' && typeof theirs === 'string' && isLike(ours, theirs))) return null;
  return `${path}: ${JSON.stringify(ours)?.slice(0, 200)} for ${JSON.stringify(theirs)?.slice(0, 200)}`;
}

function isLike(ours: string, theirs: string): boolean {
  if (!ours.includes('\ufffd')) return false;
  const a = [...ours];
  const b = [...theirs];
  return a.length === b.length && a.every((char, i) => char === '\ufffd' || char === b[i]);
}
