/**
 * What a push asks for: the meaning of each ref that it changes, decided from the names and the
 * project alone. Nothing here reads a repository.
 */
import { branchOfRef, type Oid, zeroOid } from './names.ts'
import type { DeploymentOptions } from './deployment.ts'
import { SlipwayError } from './errors.ts'

/** One line of a push, as git tells it to its hooks (githooks(5), pre-receive). */
export interface RefCommand {
  readonly ref: string
  readonly oldOid: Oid
  readonly newOid: Oid
}

/** What the hook tells git about one ref: let git move it, take it as done, or decline it. */
export type RefReport =
  | { readonly ref: string; readonly verdict: 'move' | 'done' }
  | { readonly ref: string; readonly verdict: 'decline'; readonly reason: string }

export const pushOptionNames = ['detach', 'skip', 'force-rebuild', 'clear-cache'] as const
type PushOptionName = (typeof pushOptionNames)[number]

export interface PushOptions extends DeploymentOptions {
  readonly skip: boolean
}

/** Takes the options of one push. Throws `push_option_unknown` or `push_option_conflict`. */
export function parsePushOptions(options: readonly string[]): PushOptions {
  const isKnown = (option: string): option is PushOptionName =>
    pushOptionNames.some((name) => name === option)
  const given = new Set<PushOptionName>()
  for (const option of options) {
    if (!isKnown(option)) {
      throw new SlipwayError('push_option_unknown', {
        option: option.slice(0, 80),
        known: pushOptionNames.join(', '),
      })
    }
    given.add(option)
  }
  for (const other of ['detach', 'force-rebuild', 'clear-cache'] as const) {
    if (given.has('skip') && given.has(other)) {
      throw new SlipwayError('push_option_conflict', { first: 'skip', second: other })
    }
  }
  return {
    detach: given.has('detach'),
    skip: given.has('skip'),
    forceRebuild: given.has('force-rebuild'),
    clearCache: given.has('clear-cache'),
  }
}

export type RefIntent =
  | { readonly kind: 'deploy'; readonly branch: string; readonly becomesProduction: boolean }
  | { readonly kind: 'store' }
  | { readonly kind: 'redeploy'; readonly branch: string }
  | { readonly kind: 'rollback'; readonly to: 'previous' | number }
  | { readonly kind: 'decline'; readonly error: SlipwayError }

export interface PushSituation {
  readonly productionBranch: string
  /** False until a first push has brought one. */
  readonly hasBranches: boolean
}

/**
 * What each command of a push means. A first push of one single branch of another name makes that
 * branch production; everything else follows from the ref's name.
 */
export function readIntents(
  commands: readonly RefCommand[],
  situation: PushSituation,
): Map<RefCommand, RefIntent> {
  const production = situation.hasBranches
    ? situation.productionBranch
    : (soleNewBranch(commands) ?? situation.productionBranch)
  return new Map(commands.map((command) => [command, readIntent(command, production, situation)]))
}

function readIntent(command: RefCommand, production: string, situation: PushSituation): RefIntent {
  const branch = branchOfRef(command.ref)
  if (branch !== null) {
    if (branch !== production) return { kind: 'store' }
    if (command.newOid === zeroOid) {
      return { kind: 'decline', error: new SlipwayError('production_deletion', { branch }) }
    }
    return { kind: 'deploy', branch, becomesProduction: branch !== situation.productionBranch }
  }
  if (command.ref.startsWith('refs/tags/')) return { kind: 'store' }
  const asked = /^refs\/(redeploy|rollback)\/(.+)$/.exec(command.ref)
  if (asked !== null && command.newOid !== zeroOid) {
    const target = asked[2] ?? ''
    if (asked[1] === 'redeploy') return { kind: 'redeploy', branch: target }
    if (target === 'previous') return { kind: 'rollback', to: 'previous' }
    const number = /^v?([1-9][0-9]{0,8})$/.exec(target)
    if (number !== null) return { kind: 'rollback', to: Number(number[1]) }
    return { kind: 'decline', error: new SlipwayError('rollback_unnamed', { target }) }
  }
  return {
    kind: 'decline',
    error: new SlipwayError('ref_name_refused', { ref: command.ref }),
  }
}

/** The only branch of a push, where it is one and is not deleted by it. */
function soleNewBranch(commands: readonly RefCommand[]): string | null {
  const branches = commands.filter((command) => branchOfRef(command.ref) !== null)
  const [only] = branches
  if (only === undefined || branches.length > 1) return null
  return only.newOid === zeroOid ? null : branchOfRef(only.ref)
}
