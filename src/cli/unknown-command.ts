/** What is said of words that are no command: which they are, and which one may have been meant. */
import { findNearName } from '../domain/nearest-name.ts'
import { toPlainLine } from './plain-text.ts'

/** `known` are the commands by their words: `env`, `env set`. */
export function describeUnknown(words: readonly string[], known: readonly string[]): string {
  return `there is no "${show(['slipway', ...words])}".${guess(words, known)}`
}

/** Of a command that is there, and a word too many. */
export function describeExtra(
  { names, extra }: { names: readonly string[]; extra: string },
  known: readonly string[],
): string {
  const told = `"slipway ${names.join(' ')}" takes no "${show([extra])}".`
  return names.length > 1 ? told : told + guess([...names, extra], known)
}

function show(words: readonly string[]): string {
  return toPlainLine(words.join(' ').slice(0, 120))
}

function guess(words: readonly string[], known: readonly string[]): string {
  const meant = findMeant(words, known)
  return meant === null ? '' : `\n  Did you mean: slipway ${meant}`
}

function findMeant(
  [first = '', second]: readonly string[],
  known: readonly string[],
): string | null {
  const whole = known.filter((name) => !name.includes(' '))
  if (second === undefined || !whole.includes(first)) return findNearName(first, whole)
  const below = known.filter((name) => name.startsWith(`${first} `))
  const editsMax = Math.ceil(second.length / 2)
  // `projects create` is `create`; more than one slip of the hand would be a guess.
  return findNearName(`${first} ${second}`, below, editsMax) ?? findNearName(second, whole, 1)
}
