/** What becomes of each ref of a push, with git's part played by the test. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArrivedPush } from '../../src/contracts.ts'
import type { SlipwayError } from '../../src/domain/errors.ts'
import { type Oid, zeroOid } from '../../src/domain/names.ts'
import type { Project } from '../../src/domain/project.ts'
import type { RefCommand, RefReport } from '../../src/domain/push.ts'
import { commitNamed, type Core, openPipelineLab, type PipelineLab } from '../tools/pipeline-lab.ts'

let lab: PipelineLab
let core: Core
let project: Project
beforeEach(async () => {
  lab = await openPipelineLab()
  project = lab.addProject()
  core = lab.start()
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

interface Wish {
  readonly atomic?: boolean
  readonly options?: readonly string[]
  /** Git moves no ref, whatever the reports say. */
  readonly gitRefuses?: boolean
  readonly signal?: AbortSignal
}

interface Outcome {
  readonly reports: readonly RefReport[]
  /** All that the pusher read. */
  readonly told: string
  /** What the word of git led to, where it was waited for and failed. */
  readonly settled: unknown
}

let pushes = 0

function refOf(ref: string): Oid {
  return lab.machine.refs.get(`${project.id} ${ref}`) ?? zeroOid
}

/** A command of git, from where the ref is now. */
function command(ref: string, newOid: Oid): RefCommand {
  return { ref, newOid, oldOid: refOf(ref) }
}

function makePush(
  commands: readonly RefCommand[],
  { atomic = false, options = [] }: Wish,
): ArrivedPush {
  pushes += 1
  const current = lab.stores.projects.find(project.id) ?? project
  return {
    id: `push-${pushes}`,
    project: current,
    actor: 'ada',
    from: { tokenId: 'its token', address: '127.0.0.1', requestId: 'r' },
    commands,
    options,
    quarantine: {},
    atomic,
  }
}

/** Goes the whole way of a push, as git's room does. */
async function push(commands: readonly RefCommand[], wish: Wish = {}): Promise<Outcome> {
  const { receiver } = core
  const arrived = makePush(commands, wish)
  const lines: string[] = []
  await receiver.inspect(arrived)
  const signal = wish.signal ?? new AbortController().signal
  const reports = await receiver.receive(arrived, (line) => lines.push(line), signal)
  for (const report of reports) {
    const found = commands.find(({ ref }) => ref === report.ref)
    if (report.verdict === 'move' && found !== undefined && wish.gitRefuses !== true) {
      lab.machine.refs.set(`${project.id} ${found.ref}`, found.newOid)
    }
  }
  const settled: unknown = await receiver.settle(arrived).then(
    () => null,
    (error: unknown) => error,
  )
  return { reports, told: lines.join('\n'), settled }
}

function pushMain(name: string, wish?: Wish): Promise<Outcome> {
  return push([command('refs/heads/main', commitNamed(name))], wish)
}

async function refusal(commands: readonly RefCommand[], wish: Wish = {}): Promise<SlipwayError> {
  const thrown: unknown = await core.receiver
    .inspect(makePush(commands, wish))
    .catch((error: unknown) => error)
  return thrown as SlipwayError
}

function verdicts({ reports }: Outcome): readonly string[] {
  return reports.map(({ ref, verdict }) => `${ref} ${verdict}`).toSorted()
}

function newest(): readonly unknown[] {
  const found = lab.stores.deployments.newest(project.id)
  return [found?.number, found?.status, found?.error?.code ?? null]
}

function live(): number | null {
  return lab.machine.current.get(project.slug) ?? null
}

describe('a push of production', () => {
  test('is live before git moves the ref, and done when it has', async () => {
    const outcome = await pushMain('one')
    expect(verdicts(outcome)).toEqual(['refs/heads/main move'])
    expect(outcome.settled).toBeNull()
    expect(outcome.told).toMatch(new RegExp(`${project.slug} {2}main [0-9a-f]{7} → v1`))
    expect(outcome.told).toMatch(/v1 live: http:\/\/\S+ {2}\(\d/)
    expect([live(), newest()]).toEqual([1, [1, 'completed', null]])
  })

  test('that git does not move is taken back', async () => {
    await pushMain('one')
    const outcome = await pushMain('two', { gitRefuses: true })
    expect(outcome.settled).toMatchObject({ code: 'ref_moved' })
    expect([live(), newest()]).toEqual([1, [2, 'failed', 'ref_moved']])
  })

  test('that fails is declined with the reason and what to do', async () => {
    await pushMain('one')
    lab.machine.onBuild = ({ onLine }) => {
      onLine('src/main.ts:3: error', 'stderr')
      return Promise.resolve({ exitCode: 2 })
    }
    const outcome = await pushMain('two')
    expect(verdicts(outcome)).toEqual(['refs/heads/main decline'])
    expect(outcome.told).toContain('      src/main.ts:3: error')
    expect(outcome.told).toContain('ended with exit code 2')
    expect([live(), newest()]).toEqual([1, [2, 'failed', 'install_failed']])
  })

  test('from where the branch is no longer is declined, and nothing runs', async () => {
    const stale = [command('refs/heads/main', commitNamed('two'))]
    await pushMain('one')
    const outcome = await push(stale)
    expect(verdicts(outcome)).toEqual(['refs/heads/main decline'])
    expect(outcome.told).toContain('main was moved by another push meanwhile.')
    expect([live(), newest()[0]]).toEqual([1, 1])
  })

  test('whose pusher leaves is cancelled, and nothing was changed', async () => {
    await pushMain('one')
    const controller = new AbortController()
    lab.machine.onBuild = ({ signal }) => {
      controller.abort()
      return Promise.resolve({ outcome: signal.aborted ? 'aborted' : 'ended' })
    }
    const outcome = await pushMain('two', { signal: controller.signal })
    expect(verdicts(outcome)).toEqual(['refs/heads/main decline'])
    expect([live(), newest()]).toEqual([1, [2, 'cancelled', 'push_abandoned']])
  })

  test('frees the project for the next, however it ended', async () => {
    await pushMain('one', { gitRefuses: true })
    lab.machine.onBuild = () => Promise.resolve({ exitCode: 1 })
    await pushMain('two')
    lab.machine.onBuild = () => Promise.resolve({})
    await pushMain('three')
    expect([live(), newest()]).toEqual([3, [3, 'completed', null]])
  })
})

describe('the first push', () => {
  test('of another single branch makes it production, when git has moved it', async () => {
    const outcome = await push([command('refs/heads/master', commitNamed('one'))])
    expect(verdicts(outcome)).toEqual(['refs/heads/master move'])
    expect(outcome.told).toContain('master becomes the production branch.')
    expect(lab.stores.projects.find(project.id)?.productionBranch).toBe('master')
    expect(live()).toBe(1)
  })

  test('that fails makes nothing production', async () => {
    lab.machine.onBuild = () => Promise.resolve({ exitCode: 1 })
    await push([command('refs/heads/master', commitNamed('one'))])
    expect(lab.stores.projects.find(project.id)?.productionBranch).toBe('main')
  })
})

describe('a push of several refs', () => {
  test('deploys production and stores the rest', async () => {
    await pushMain('one')
    const outcome = await push([
      command('refs/heads/topic', commitNamed('topic')),
      command('refs/tags/v1', commitNamed('two')),
      command('refs/heads/main', commitNamed('two')),
    ])
    expect(verdicts(outcome)).toEqual([
      'refs/heads/main move',
      'refs/heads/topic move',
      'refs/tags/v1 move',
    ])
    expect(outcome.told).toContain('branch topic is stored, not deployed')
    expect(outcome.told).toContain('tag v1 is stored, not deployed')
    expect(live()).toBe(2)
  })

  test('declines what fails and moves the rest', async () => {
    await pushMain('one')
    lab.machine.onBuild = () => Promise.resolve({ exitCode: 1 })
    const outcome = await push([
      command('refs/heads/topic', commitNamed('topic')),
      command('refs/heads/main', commitNamed('two')),
    ])
    expect(verdicts(outcome)).toEqual(['refs/heads/main decline', 'refs/heads/topic move'])
  })

  test('with --atomic is all or nothing, whichever ref is declined', async () => {
    await pushMain('one')
    const topic = command('refs/heads/topic', commitNamed('topic'))
    const main = command('refs/heads/main', commitNamed('two'))
    const deletion = command('refs/heads/main', zeroOid)
    const declined = await push([topic, deletion], { atomic: true })
    expect(verdicts(declined)).toEqual(['refs/heads/main decline', 'refs/heads/topic decline'])
    expect(newest()[0]).toBe(1)

    lab.machine.onBuild = () => Promise.resolve({ exitCode: 1 })
    const failed = await push([topic, main], { atomic: true })
    expect(verdicts(failed)).toEqual(['refs/heads/main decline', 'refs/heads/topic decline'])
    expect(failed.told).not.toContain('topic is stored')
  })

  test('that asks for more than one deployment is declined as a whole', async () => {
    await pushMain('one')
    const commands = [
      command('refs/heads/main', commitNamed('two')),
      command('refs/rollback/previous', commitNamed('one')),
    ]
    const { code, hint } = await refusal(commands)
    expect(code).toBe('several_deploying_refs')
    expect(hint).toBe('Push one of refs/heads/main or refs/rollback/previous at a time.')
  })
})

describe('the deletion', () => {
  test('of production is declined', async () => {
    await pushMain('one')
    const outcome = await push([command('refs/heads/main', zeroOid)])
    expect(verdicts(outcome)).toEqual(['refs/heads/main decline'])
    expect(outcome.told).toContain('main is the production branch; it can not be deleted.')
  })

  test('of another branch is told', async () => {
    const outcome = await push([command('refs/heads/topic', zeroOid)])
    expect(outcome.told).toContain('branch topic is removed.')
  })
})

describe('push options', () => {
  test('skip stores production without a deployment', async () => {
    const outcome = await pushMain('one', { options: ['skip'] })
    expect(verdicts(outcome)).toEqual(['refs/heads/main move'])
    expect(outcome.told).toContain('main is stored, and nothing is deployed (-o skip).')
    expect([live(), newest()[0]]).toEqual([null, undefined])
  })

  test('detach returns with the number at once, and deploys when git has moved the ref', async () => {
    const gate = Promise.withResolvers<object>()
    lab.machine.onBuild = () => gate.promise
    const outcome = await pushMain('one', { options: ['detach'] })
    expect(verdicts(outcome)).toEqual(['refs/heads/main move'])
    expect(outcome.told).toContain('v1 is queued')
    expect(live()).toBeNull()
    gate.resolve({})
    await core.deployer.stop(60_000)
    expect([live(), newest()[1]]).toEqual([1, 'completed'])
  })

  test('detach deploys nothing where git did not move the ref', async () => {
    await pushMain('one', { options: ['detach'], gitRefuses: true })
    await core.deployer.stop(60_000)
    expect([live(), newest()]).toEqual([null, [1, 'cancelled', 'ref_moved']])
  })

  test('that are unknown decline the push as a whole', async () => {
    const { code } = await refusal([command('refs/heads/main', commitNamed('one'))], {
      options: ['fast'],
    })
    expect(code).toBe('push_option_unknown')
  })
})

describe('redeploy and rollback', () => {
  test('a redeploy builds the branch as it is, and makes no ref', async () => {
    await pushMain('one')
    const outcome = await push([command('refs/redeploy/main', commitNamed('whatever'))], {
      options: ['force-rebuild'],
    })
    expect(verdicts(outcome)).toEqual(['refs/redeploy/main done'])
    expect(lab.stores.deployments.newest(project.id)).toMatchObject({
      number: 2,
      trigger: 'redeploy',
      commit: commitNamed('one'),
      status: 'completed',
    })
    expect(refOf('refs/redeploy/main')).toBe(zeroOid)
  })

  test.each([
    ['refs/redeploy/nothing-here', 'There is no branch nothing-here here.'],
    ['refs/rollback/v9', 'There is no deployment v9.'],
    ['refs/rollback/previous', 'There is nothing to go back to'],
    ['refs/rollback/v1', 'Release v1 is live already.'],
  ])('%s is declined: %s', async (ref, message) => {
    await pushMain('one')
    const outcome = await push([command(ref, commitNamed('one'))])
    expect(verdicts(outcome)).toEqual([`${ref} decline`])
    expect(outcome.told).toContain(message)
    expect(newest()[0]).toBe(1)
  })

  test('a rollback makes an earlier release live again, by its number or as the one before', async () => {
    await pushMain('one')
    await pushMain('two')
    await pushMain('three')
    const byNumber = await push([command('refs/rollback/v1', commitNamed('x'))])
    expect([verdicts(byNumber), live()]).toEqual([['refs/rollback/v1 done'], 1])
    expect(refOf('refs/heads/main')).toBe(commitNamed('three'))
    await push([command('refs/rollback/previous', commitNamed('x'))])
    expect(live()).toBe(3)
  })
})
