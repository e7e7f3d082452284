/** `_headers` and `_redirects` of an output: what they say is for nginx, and no visitor reads them. */
import {
  decodeRuleFile,
  type RuleFileName,
  ruleFileNames,
  type RuleFiles,
  ruleFileTooLarge,
} from '../domain/site-rules/read-site-rules.ts'
import type { OutputVisitor } from './walk-output.ts'

export interface VisitorWithoutRules extends OutputVisitor {
  /** What was met of them so far. */
  readonly ruleFiles: () => RuleFiles
}

/** A visitor that is not shown them. Throws `InvalidSiteRules` for one that can be no text. */
export function withoutRuleFiles(visitor: OutputVisitor): VisitorWithoutRules {
  const met: Partial<Record<RuleFileName, string>> = {}
  return {
    onFolder: visitor.onFolder,
    onWholeFile: async (path, content) => {
      if (isRuleFile(path)) met[path] = decodeRuleFile(path, content)
      else await visitor.onWholeFile(path, content)
    },
    onFile: async (path, file, bytes) => {
      // What is not read in one go has more than they may have.
      if (isRuleFile(path)) throw ruleFileTooLarge(path)
      await visitor.onFile(path, file, bytes)
    },
    ruleFiles: () => met,
  }
}

function isRuleFile(path: string): path is RuleFileName {
  return ruleFileNames.some((name) => name === path)
}
