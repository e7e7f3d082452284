import { describe, expect, test } from 'vitest'
import { type Oid, zeroOid } from '../../src/domain/names.ts'
import {
  parsePushOptions,
  type PushSituation,
  readIntents,
  type RefCommand,
  type RefIntent,
} from '../../src/domain/push.ts'

const a = 'a'.repeat(40) as Oid
const b = 'b'.repeat(40) as Oid

type Change = 'create' | 'update' | 'delete'

function command(ref: string, change: Change = 'update'): RefCommand {
  return {
    ref,
    oldOid: change === 'create' ? zeroOid : a,
    newOid: change === 'delete' ? zeroOid : b,
  }
}

const live: PushSituation = { productionBranch: 'main', hasBranches: true }
const fresh: PushSituation = { productionBranch: 'main', hasBranches: false }

/** What each ref of a push means; of a refusal its code. */
function read(commands: readonly RefCommand[], situation = live): readonly unknown[] {
  const show = (intent: RefIntent): unknown =>
    intent.kind === 'decline' ? intent.error.code : intent
  return [...readIntents(commands, situation).values()].map(show)
}

const deployMain = { kind: 'deploy', branch: 'main', becomesProduction: false }

describe('a push of one ref', () => {
  test.each<[string, Change, unknown]>([
    ['refs/heads/main', 'update', deployMain],
    ['refs/heads/main', 'create', deployMain],
    ['refs/heads/main', 'delete', 'production_deletion'],
    ['refs/heads/topic', 'create', { kind: 'store' }],
    ['refs/heads/topic', 'update', { kind: 'store' }],
    ['refs/heads/topic', 'delete', { kind: 'store' }],
    ['refs/heads/Main', 'create', { kind: 'store' }],
    ['refs/heads/main/x', 'create', { kind: 'store' }],
    ['refs/heads/--upload-pack=x', 'create', { kind: 'store' }],
    ['refs/tags/v1', 'create', { kind: 'store' }],
    ['refs/tags/main', 'create', { kind: 'store' }],
    ['refs/tags/v1', 'delete', { kind: 'store' }],
    ['refs/redeploy/main', 'create', { kind: 'redeploy', branch: 'main' }],
    ['refs/redeploy/feature/x', 'create', { kind: 'redeploy', branch: 'feature/x' }],
    ['refs/redeploy/main', 'delete', 'ref_name_refused'],
    ['refs/redeploy/', 'create', 'ref_name_refused'],
    ['refs/rollback/previous', 'create', { kind: 'rollback', to: 'previous' }],
    ['refs/rollback/v12', 'create', { kind: 'rollback', to: 12 }],
    ['refs/rollback/12', 'create', { kind: 'rollback', to: 12 }],
    ['refs/rollback/v0', 'create', 'rollback_unnamed'],
    ['refs/rollback/v012', 'create', 'rollback_unnamed'],
    ['refs/rollback/v9999999999', 'create', 'rollback_unnamed'],
    ['refs/rollback/main', 'create', 'rollback_unnamed'],
    ['refs/rollback/previous/x', 'create', 'rollback_unnamed'],
    ['refs/rollback/v12', 'delete', 'ref_name_refused'],
    ['refs/notes/commits', 'create', 'ref_name_refused'],
    ['refs/for/main', 'create', 'ref_name_refused'],
    ['refs/main', 'create', 'ref_name_refused'],
    ['HEAD', 'update', 'ref_name_refused'],
  ])('%s, %s', (ref, change, intent) => {
    expect(read([command(ref, change)])).toEqual([intent])
  })
})

describe('the first push', () => {
  const deployMaster = { kind: 'deploy', branch: 'master', becomesProduction: true }

  test('of one branch of another name makes that one production', () => {
    expect(read([command('refs/heads/master', 'create')], fresh)).toEqual([deployMaster])
  })

  test('may bring tags along', () => {
    const commands = [command('refs/tags/v1', 'create'), command('refs/heads/master', 'create')]
    expect(read(commands, fresh)).toEqual([{ kind: 'store' }, deployMaster])
  })

  test('of several branches deploys the one that is production already, if it is among them', () => {
    const [main, topic] = [command('refs/heads/main', 'create'), command('refs/heads/x', 'create')]
    expect(read([topic, main], fresh)).toEqual([{ kind: 'store' }, deployMain])
    const other = command('refs/heads/y', 'create')
    expect(read([topic, other], fresh)).toEqual([{ kind: 'store' }, { kind: 'store' }])
  })

  test('of main is as any other of main', () => {
    expect(read([command('refs/heads/main', 'create')], fresh)).toEqual([deployMain])
  })

  test('can not be a deletion', () => {
    expect(read([command('refs/heads/master', 'delete')], fresh)).toEqual([{ kind: 'store' }])
  })

  test('was the first: a later one of another branch is stored', () => {
    expect(read([command('refs/heads/master', 'create')], live)).toEqual([{ kind: 'store' }])
  })
})

test('production is the branch that the project says, whatever its name', () => {
  const situation = { productionBranch: 'trunk', hasBranches: true }
  const commands = [command('refs/heads/main'), command('refs/heads/trunk')]
  expect(read(commands, situation)).toEqual([
    { kind: 'store' },
    { kind: 'deploy', branch: 'trunk', becomesProduction: false },
  ])
})

test('each ref of a push is judged by itself', () => {
  const commands = [command('refs/heads/main'), command('HEAD'), command('refs/tags/v1', 'create')]
  expect(read(commands)).toEqual([deployMain, 'ref_name_refused', { kind: 'store' }])
})

describe('push options', () => {
  const none = { detach: false, skip: false, forceRebuild: false, clearCache: false }

  test.each([
    [[], {}],
    [['detach'], { detach: true }],
    [['skip'], { skip: true }],
    [['force-rebuild', 'clear-cache'], { forceRebuild: true, clearCache: true }],
    [['detach', 'force-rebuild', 'detach'], { detach: true, forceRebuild: true }],
  ])('%j', (options, meaning) => {
    expect(parsePushOptions(options)).toEqual({ ...none, ...meaning })
  })

  test.each(['ci.skip', 'DETACH', 'detach ', '', 'toString', '__proto__'])(
    'an unknown one is declined with the list: %j',
    (option) => {
      const parse = (): unknown => parsePushOptions(['detach', option])
      expect(parse).toThrow(`The push option "${option}" is not known.`)
      expect(parse).toThrow(
        expect.objectContaining({ hint: 'Known are: detach, skip, force-rebuild, clear-cache.' }),
      )
    },
  )

  test('of a long unknown one only the beginning is told', () => {
    expect(() => parsePushOptions(['x'.repeat(5_000)])).toThrow(`"${'x'.repeat(80)}" is not known`)
  })

  test.each(['detach', 'force-rebuild', 'clear-cache'])('skip contradicts %s', (other) => {
    for (const options of [
      ['skip', other],
      [other, 'skip'],
    ]) {
      expect(() => parsePushOptions(options)).toThrow(`"skip" and "${other}" contradict each other`)
    }
  })
})
