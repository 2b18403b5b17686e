import { defaultSizeLimit, type RuleSettings } from '../rules/analysis.ts';

/** Beside which assigned names inlay hints stand. */
export type InlayHintMode = 'derivatives' | 'all' | 'off';

/** The settings `jacobianLens.*` that the server heeds. */
export interface Settings {
  readonly rules: RuleSettings;
  /** The bytes above which a derivative is too large. */
  readonly sizeLimit: number;
  readonly inlayHints: InlayHintMode;
}

export const DEFAULT_SETTINGS: Settings = { rules: {}, sizeLimit: defaultSizeLimit, inlayHints: 'derivatives' };

const SEVERITIES = ['off', 'hint', 'information', 'warning', 'error'] as const;
const MODES = ['derivatives', 'all', 'off'] as const;

/**
 * Reads settings as an editor sends them. What is malformed counts as not set, and is told in `problems`.
 * @param ruleNames the rules there are
 */
export function parseSettings(
  value: unknown,
  ruleNames: readonly string[],
): { readonly settings: Settings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const rules: Record<string, RuleSettings[string]> = {};
  for (const [rule, severity] of Object.entries(asObject(asObject(value).rules))) {
    const known = oneOf(SEVERITIES, severity);
    if (!ruleNames.includes(rule)) problems.push(`jacobianLens.rules: there is no rule ${rule}`);
    else if (known === null) problems.push(`jacobianLens.rules: ${rule} is one of ${SEVERITIES.join(', ')}`);
    else rules[rule] = known;
  }
  const wish = asObject(asObject(value).inlayHints).shapes;
  const mode = oneOf(MODES, wish);
  if (mode === null && wish !== undefined)
    problems.push(`jacobianLens.inlayHints.shapes is one of ${MODES.join(', ')}`);
  const { sizeLimit } = asObject(value);
  const mebibytes = typeof sizeLimit === 'number' && sizeLimit > 0 ? sizeLimit : undefined;
  if (mebibytes === undefined && sizeLimit !== undefined)
    problems.push('jacobianLens.sizeLimit is a number of MiB above 0');
  const bytes = mebibytes === undefined ? DEFAULT_SETTINGS.sizeLimit : mebibytes * 1024 ** 2;
  return { settings: { rules, sizeLimit: bytes, inlayHints: mode ?? DEFAULT_SETTINGS.inlayHints }, problems };
}

/** The properties of a value; none where it is no object. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | null {
  return choices.find((choice) => choice === value) ?? null;
}
