/**
 * Property tests try the same cases in every run, so that none fails by chance. SLIPWAY_TEST_SEED
 * says otherwise: `random`, to look for what nobody has thought of, or the seed that a failure told.
 */
import { randomInt } from 'node:crypto'
import fc from 'fast-check'

fc.configureGlobal({ seed: readSeed(process.env['SLIPWAY_TEST_SEED'] ?? '20261126') })

function readSeed(text: string): number {
  if (text === 'random') return randomInt(2 ** 31)
  const seed = Number(text)
  if (text.trim() !== '' && Number.isInteger(seed)) return seed
  throw new Error(`SLIPWAY_TEST_SEED=${text}: it is an integer, or random`)
}
