/** The rules of a release, read from the two files of a project in which people write them. */
import { SlipwayError } from '../errors.ts'
import { limits } from '../limits.ts'
import { showCount } from '../show.ts'
import { parseHeaders } from './parse-headers.ts'
import { parseRedirects } from './parse-redirects.ts'
import type { RuleProblem } from './rule-lines.ts'
import type { SiteRules } from './site-rules.ts'

/** They stand in the root of what is published. */
export const ruleFileNames = ['_headers', '_redirects'] as const
export type RuleFileName = (typeof ruleFileNames)[number]

/** The texts of those that there are. */
export type RuleFiles = Readonly<Partial<Record<RuleFileName, string>>>

/** What is meant by what was kept as JSON; what is no text in it is left out. */
export function toRuleFiles(value: unknown): RuleFiles {
  if (typeof value !== 'object' || value === null) return {}
  const kept = new Map(Object.entries(value))
  const found = ruleFileNames.map((name) => [name, kept.get(name)] as const)
  return Object.fromEntries(found.filter(([, text]) => typeof text === 'string'))
}

export interface ReadRules {
  readonly rules: SiteRules
  /** Paths without a file show the first page. */
  readonly hasSpaFallback: boolean
}

/** Mistakes in the two files, and all of them. */
export class InvalidSiteRules extends SlipwayError {
  /** `_redirects:3: …`, one a mistake. */
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    const others = lines.length - 1
    super('site_rules_invalid', {
      mistake: lines[0] ?? ruleFileNames.join(' or '),
      others: others > 0 ? ` (and ${others.toLocaleString('en')} more)` : '',
    })
    this.lines = lines
  }
}

/** Throws `InvalidSiteRules`. */
export function readSiteRules(files: RuleFiles): ReadRules {
  const { problems, ...read } = parseBoth(files)
  if (problems.length > 0) throw new InvalidSiteRules(problems)
  return read
}

/** What can be read of texts that were accepted once, by this version or by another. */
export function readKeptRules(files: RuleFiles): SiteRules {
  return parseBoth(files).rules
}

/** Throws `InvalidSiteRules`. */
export function decodeRuleFile(name: RuleFileName, bytes: Uint8Array): string {
  if (bytes.length > limits.ruleFileBytesMax) throw ruleFileTooLarge(name)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InvalidSiteRules([`${name}: it is not UTF-8`])
  }
}

export function ruleFileTooLarge(name: RuleFileName): InvalidSiteRules {
  const bytesMax = limits.ruleFileBytesMax.toLocaleString('en')
  return new InvalidSiteRules([`${name}: it has more than ${bytesMax} bytes`])
}

/** `2 header rules, 1 redirect`; null where there are none. */
export function showRules({ headers, redirects }: SiteRules): string | null {
  const told = [
    ...(headers.length > 0 ? [showCount(headers.length, 'header rule')] : []),
    ...(redirects.length > 0 ? [showCount(redirects.length, 'redirect')] : []),
  ]
  return told.length > 0 ? told.join(', ') : null
}

function parseBoth(files: RuleFiles): ReadRules & { readonly problems: readonly string[] } {
  const headers = parseHeaders(files._headers ?? '')
  const redirects = parseRedirects(files._redirects ?? '')
  return {
    rules: { headers: headers.rules, redirects: redirects.rules },
    hasSpaFallback: redirects.hasSpaFallback,
    problems: [
      ...showProblems('_headers', headers.problems),
      ...showProblems('_redirects', redirects.problems),
    ],
  }
}

function showProblems(name: RuleFileName, problems: readonly RuleProblem[]): readonly string[] {
  return problems.map(({ line, detail }) => `${name}:${line}: ${detail}`)
}
