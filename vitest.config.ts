// How the tests run: two forked workers, because stories start real servers and browsers.
import { defineConfig } from 'vitest/config'
import { patienceMs } from './test/tools/patience.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**', 'test/fixtures/**'],
    setupFiles: ['test/fixed-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    expect: { poll: { timeout: patienceMs } },
    // A tool that hangs is told by its own name.
    testTimeout: 1.2 * patienceMs,
    hookTimeout: 1.2 * patienceMs,
    passWithNoTests: false,
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
})
