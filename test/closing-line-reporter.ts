// Ends a test run with one plain line, `N passed, N failed[, N skipped]`, for people and programs.
import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const outcomes = countOutcomes(modules, unhandledErrors.length)
    // Written on exit, so that the default reporter's summary doesn't follow it.
    process.once('exit', () => {
      process.stdout.write(`${renderClosingLine(outcomes)}\n`)
      // Vitest is content when a filter leaves every test out; a run that proved nothing has failed.
      if (outcomes.failed > 0) process.exitCode = 1
    })
  }
}

interface Outcomes {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export function renderClosingLine({ passed, failed, skipped }: Outcomes): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/**
 * A file or a group that breaks outside its tests counts as one failure, and so do an error that
 * nobody caught, a check that failed before the tests, and a run without any test: the line must
 * never read `0 failed` when the run failed.
 */
function countOutcomes(modules: ReadonlyArray<TestModule>, unhandledErrors: number): Outcomes {
  const states = modules.flatMap((module) => [...module.children.allTests()])
  const count = (wanted: string) => states.filter((test) => test.result().state === wanted).length
  const passed = count('passed')
  const skipped = states.length - passed - count('failed')
  const broken = modules.reduce((sum, module) => sum + countBrokenGroups(module), 0)
  const failed = count('failed') + broken + unhandledErrors + failedChecks()
  return { passed, failed: failed === 0 && passed === 0 ? 1 : failed, skipped }
}

function countBrokenGroups(module: TestModule): number {
  const groups = [module, ...module.children.allSuites()]
  return groups.filter((group) => group.errors().length > 0).length
}

/** `test/run` tells how many of its checks (format, lint, types) failed before the tests began. */
function failedChecks(): number {
  return Number(process.env['SLIPWAY_FAILED_CHECKS'] ?? 0)
}
