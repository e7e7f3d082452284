// How the tests run: two forked workers, because stories start real servers and browsers.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**', 'test/fixtures/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 240_000,
    passWithNoTests: false,
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
})
