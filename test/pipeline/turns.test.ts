/** Many deployments at once: which of them run, which wait, and which give way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BuildResult, BuildRun } from '../../src/contracts.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import { defaultProjectSettings, type Project } from '../../src/domain/project.ts'
import type { DeployRequest, RunningDeployment } from '../../src/pipeline/deployer.ts'
import { requestRollback } from '../../src/pipeline/request-again.ts'
import {
  commitNamed,
  type Core,
  openPipelineLab,
  type PipelineLab,
  requestOf,
} from '../tools/pipeline-lab.ts'

let lab: PipelineLab
beforeEach(async () => {
  lab = await openPipelineLab()
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

/** Builds that go on until the test ends them; each shows itself by the project and the number. */
class HeldBuilds {
  readonly #began = new Map<
    string,
    PromiseWithResolvers<PromiseWithResolvers<Partial<BuildResult>>>
  >()

  readonly hold = async ({
    environment,
    signal,
    command,
  }: BuildRun): Promise<Partial<BuildResult>> => {
    if (command.includes('install')) return {}
    const end = Promise.withResolvers<Partial<BuildResult>>()
    signal.addEventListener('abort', () => {
      end.resolve({ outcome: 'aborted' })
    })
    const { SLIPWAY_PROJECT: slug = '', SLIPWAY_DEPLOYMENT: number = '' } = environment
    this.#place(`${slug} v${number}`).resolve(end)
    return end.promise
  }

  /** Resolves when that build runs. */
  async began({ slug }: Project, number: number): Promise<void> {
    await this.#place(`${slug} v${number}`).promise
  }

  async end({ slug }: Project, number: number): Promise<void> {
    const end = await this.#place(`${slug} v${number}`).promise
    end.resolve({})
  }

  #place(key: string): PromiseWithResolvers<PromiseWithResolvers<Partial<BuildResult>>> {
    const known = this.#began.get(key) ?? Promise.withResolvers()
    this.#began.set(key, known)
    return known
  }
}

interface Pushed extends RunningDeployment {
  /** How it ended: `completed`, or the code of what it failed with. */
  readonly end: Promise<string>
}

/** Pushes the commit of that name to a project of a server. */
function push(
  [{ deployer }, project]: readonly [Core, Project],
  name: string,
  change: Partial<DeployRequest> = {},
): Pushed {
  return withEnd(deployer.deploy(requestOf(project, commitNamed(name), change)))
}

function withEnd(running: RunningDeployment): Pushed {
  const end = running.done.then(
    () => 'completed',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'defect'),
  )
  return { ...running, end }
}

function statusOf(project: Project, number: number): string | undefined {
  return lab.stores.deployments.find(project.id, number)?.status
}

describe('pushes of one branch', () => {
  test('the newest wins: what runs goes live, what waits gives way, the last goes live last', async () => {
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const project = lab.addProject()
    const core = lab.start()
    const first = push([core, project], 'one')
    await builds.began(project, 1)
    const others = ['two', 'three', 'four'].map((name) => push([core, project], name))
    expect(await others[0]?.end).toBe('replaced')
    expect(await others[1]?.end).toBe('replaced')
    await builds.end(project, 1)
    expect(await first.end).toBe('completed')
    expect(lab.machine.current.get(project.slug)).toBe(1)
    await builds.end(project, 4)
    expect(await others[2]?.end).toBe('completed')
    expect([1, 2, 3, 4].map((number) => statusOf(project, number))).toEqual([
      'completed',
      'cancelled',
      'cancelled',
      'completed',
    ])
    expect(lab.machine.current.get(project.slug)).toBe(4)
  })

  test('what gave way says what came instead', async () => {
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const project = lab.addProject()
    const core = lab.start()
    push([core, project], 'one')
    await builds.began(project, 1)
    const second = push([core, project], 'two')
    const third = push([core, project], 'three')
    await second.end
    const error = lab.stores.deployments.find(project.id, 2)?.error
    expect(error?.message).toBe(`Replaced by v3 (${commitNamed('three').slice(0, 7)}).`)
    await builds.end(project, 1)
    await builds.end(project, 3)
    expect(await third.end).toBe('completed')
  })

  test('what runs is ended by a newer one where the project says so', async () => {
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const settings = { ...defaultProjectSettings, onNewerPush: 'cancel' } as const
    const project = lab.addProject({ settings })
    const core = lab.start()
    const first = push([core, project], 'one')
    await builds.began(project, 1)
    const second = push([core, project], 'two')
    expect(await first.end).toBe('replaced')
    await builds.end(project, 2)
    expect(await second.end).toBe('completed')
    expect([...lab.machine.releasesOf(project.slug)]).toEqual([2])
  })

  test('another branch and a rollback take nobody its turn', async () => {
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const project = lab.addProject()
    const core = lab.start()
    const first = push([core, project], 'one')
    await builds.end(project, 1)
    await first.end
    const second = push([core, project], 'two')
    await builds.began(project, 2)
    const third = push([core, project], 'three')
    const rollback = push([core, project], 'one', { trigger: 'rollback', rollbackTo: 1 })
    const other = push([core, project], 'four', { branch: 'other' })
    for (const number of [2, 3]) await builds.end(project, number)
    expect(await second.end).toBe('completed')
    expect(await third.end).toBe('completed')
    expect(await rollback.end).toBe('completed')
    await builds.end(project, 5)
    expect(await other.end).toBe('completed')
  })
})

describe('a rollback that waits for what runs', () => {
  const keepReleases = 1

  /** v1 and v2 were live, v2 is, and v3 is being built: with it, v1 would be collected. */
  async function buildThird(): Promise<{
    readonly core: Core
    readonly project: Project
    readonly builds: HeldBuilds
    readonly third: Pushed
  }> {
    const builds = new HeldBuilds()
    const project = lab.addProject()
    const core = lab.start({ keepReleases })
    await push([core, project], 'one').end
    await push([core, project], 'two').end
    lab.machine.onBuild = builds.hold
    const third = push([core, project], 'three')
    await builds.began(project, 3)
    return { core, project, builds, third }
  }

  async function rollBack({ config, deployer }: Core, project: Project): Promise<Pushed> {
    const parts = { config, deployments: lab.stores.deployments, sites: lab.machine.sites }
    const request = await requestRollback(parts, { project, actor: 'ada', options: noOptions }, 1)
    return withEnd(deployer.deploy(request))
  }

  test('finds the release that it was promised', async () => {
    const { core, project, builds, third } = await buildThird()
    const rollback = await rollBack(core, project)
    await builds.end(project, 3)
    expect([await third.end, await rollback.end]).toEqual(['completed', 'completed'])
    expect(lab.machine.current.get(project.slug)).toBe(1)
  })

  test('is refused whole where its release was on its way out already', async () => {
    const { core, project, builds, third } = await buildThird()
    const { pruneReleases } = lab.machine.sites
    const pruning = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const slow: typeof pruneReleases = async (...given) => {
      pruning.resolve()
      await asked.promise
      return pruneReleases(...given)
    }
    Object.assign(lab.machine.sites, { pruneReleases: slow })
    await builds.end(project, 3)
    await pruning.promise
    const rollback = await rollBack(core, project)
    asked.resolve()
    expect([await third.end, await rollback.end]).toEqual(['completed', 'rollback_collected'])
    expect(lab.machine.current.get(project.slug)).toBe(3)
    expect(statusOf(project, 4)).toBe('cancelled')
    const told = lab.stores.events.milestones(project.id, 100).at(-1)?.text
    expect(told).toBe('The files of release v1 were removed to save space.')
  })

  test('keeps nothing once it has ended', async () => {
    const { core, project, builds, third } = await buildThird()
    const rollback = await rollBack(core, project)
    core.deployer.cancel(rollback.deployment, new SlipwayError('deployment_cancelled'))
    expect(await rollback.end).toBe('deployment_cancelled')
    await builds.end(project, 3)
    await third.end
    await core.deployer.stop(60_000)
    expect([...lab.machine.releasesOf(project.slug)]).toEqual([2, 3])
  })
})

describe('builds', () => {
  test('run as many at once as the operator allows, and every one gets its turn', async () => {
    const core = lab.start({ concurrency: 2 })
    lab.machine.onBuild = () => new Promise((resolve) => setImmediate(resolve, {}))
    const projects = Array.from({ length: 8 }, () => lab.addProject())
    const ends = await Promise.all(projects.map((project) => push([core, project], 'one').end))
    expect(ends).toEqual(projects.map(() => 'completed'))
    expect(lab.machine.mostBuilds).toBe(2)
  })

  test('that fail, are cancelled or never began give their place to the next', async () => {
    const core = lab.start({ concurrency: 1 })
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const [a, b, c] = [lab.addProject(), lab.addProject(), lab.addProject()]
    const first = push([core, a], 'one')
    await builds.began(a, 1)
    const waiting = push([core, b], 'one')
    const last = push([core, c], 'one')
    const reason = 'push_abandoned'
    expect(core.deployer.cancel(waiting.deployment, new SlipwayError(reason))).toBe('cancelled')
    expect(await waiting.end).toBe(reason)
    core.deployer.cancel(first.deployment, new SlipwayError(reason))
    expect(await first.end).toBe(reason)
    await builds.end(c, 1)
    expect(await last.end).toBe('completed')
    expect(lab.machine.runningBuilds).toBe(0)
  })

  test('of others are waited for with the number of those ahead', async () => {
    const core = lab.start({ concurrency: 1 })
    const builds = new HeldBuilds()
    lab.machine.onBuild = builds.hold
    const [a, b] = [lab.addProject(), lab.addProject()]
    const first = push([core, a], 'one')
    await builds.began(a, 1)
    const second = push([core, b], 'one')
    const isTold = Promise.withResolvers<void>()
    lab.stores.events.follow(b.id, (events) => {
      if (events.some(({ text }) => text.includes('ahead'))) isTold.resolve()
    })
    await isTold.promise
    await builds.end(a, 1)
    await builds.end(b, 1)
    expect([await first.end, await second.end]).toEqual(['completed', 'completed'])
    const texts = lab.stores.events.milestones(b.id, 100).map(({ text }) => text)
    expect(texts).toContain('1 ahead of you')
  })
})

test('the same files are not built twice: their release serves again', async () => {
  const project = lab.addProject()
  const core = lab.start()
  await push([core, project], 'one').end
  await push([core, project], 'two').end
  let builds = 0
  lab.machine.onBuild = () => {
    builds += 1
    return Promise.resolve({})
  }
  expect(await push([core, project], 'one').end).toBe('completed')
  expect([builds, lab.machine.current.get(project.slug)]).toEqual([0, 1])
  const options = { ...noOptions, forceRebuild: true }
  expect(await push([core, project], 'one', { options }).end).toBe('completed')
  expect(builds).toBeGreaterThan(0)
  expect(lab.machine.current.get(project.slug)).toBe(4)
})

test.each([
  ['tools', { tools: 'newer tools' }],
  ['address', { domain: 'example.org' }],
])('the same files are built again where the %s of the build changed', async (_, change) => {
  const project = lab.addProject()
  await push([lab.start(), project], 'one').end
  expect(await push([lab.start(), project], 'one').end).toBe('completed')
  expect(lab.machine.current.get(project.slug)).toBe(1)
  expect(await push([lab.start(change), project], 'one').end).toBe('completed')
  expect(lab.machine.current.get(project.slug)).toBe(3)
})

test('a workspace that can not be removed is told to the operator, and the site is live', async () => {
  const project = lab.addProject()
  const core = lab.start()
  lab.machine.onClose = () => Promise.reject(new Error('busy'))
  expect(await push([core, project], 'one').end).toBe('completed')
  await core.deployer.stop(60_000)
  expect(core.logged).toEqual([expect.stringContaining('its workspace could not be removed')])
})

test('a site that is not as it should be is taken back, and the one before serves on', async () => {
  const project = lab.addProject()
  const core = lab.start()
  await push([core, project], 'one').end
  lab.machine.page = ''
  expect(await push([core, project], 'two').end).toBe('verify_failed')
  expect(lab.machine.current.get(project.slug)).toBe(1)
  expect([...lab.machine.releasesOf(project.slug)]).toEqual([1])
})
