/** The deployer on real stores, with steps that do what the test says at the moment it says. */
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { Builder, Sites } from '../../src/contracts.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import { SlipwayError } from '../../src/domain/errors.ts'
import type { Project } from '../../src/domain/project.ts'
import {
  Deployer,
  type DeployRequest,
  type RunningDeployment,
} from '../../src/pipeline/deployer.ts'
import type { AnyStep } from '../../src/pipeline/step.ts'
import { until } from '../tools/until.ts'
import { newProject, type Stores, withStores } from '../tools/store.ts'

const cancelled = new SlipwayError('deployment_cancelled')

/** A step that says when it has begun, and goes on when it is let. */
class Gate {
  readonly begun = Promise.withResolvers<void>()
  readonly let = Promise.withResolvers<void>()
  isUndone = false

  step(traits: Pick<AnyStep, 'name' | 'switchesTraffic' | 'needsBuildSlot'>): AnyStep {
    return {
      timeoutMs: 60_000,
      ...traits,
      run: async ({ signal }) => {
        this.begun.resolve()
        const left = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => {
          left.reject(new Error('whatever an interrupted step throws'))
        })
        await Promise.race([this.let.promise, left.promise])
        return { release: 1 }
      },
      undo: () => {
        this.isUndone = true
        return Promise.resolve()
      },
    }
  }
}

interface Lab {
  readonly stores: Stores
  readonly project: Project
  readonly deployer: Deployer
  readonly build: Gate
  readonly activate: Gate
  readonly verify: Gate
  readonly closedWorkspaces: string[]
  readonly start: (change?: Partial<DeployRequest>) => RunningDeployment
  readonly status: (running: RunningDeployment) => string | undefined
}

async function withLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  await withStores(async (stores) => {
    const project = newProject()
    stores.projects.create(project)
    const [build, activate, verify] = [new Gate(), new Gate(), new Gate()]
    const closedWorkspaces: string[] = []
    const steps = [
      build.step({ name: 'build', needsBuildSlot: () => true }),
      activate.step({ name: 'activate', switchesTraffic: true }),
      verify.step({ name: 'verify' }),
    ]
    const deployer = new Deployer({
      ...stores,
      config: readConfig({ BUILD_CONCURRENCY: '1' }, 2),
      siteUrlOf: () => 'http://its.site',
      builder: {
        closeWorkspace: (key: string) => {
          closedWorkspaces.push(key)
          return Promise.resolve()
        },
      } as Builder,
      sites: { pruneReleases: () => Promise.resolve([]) } as unknown as Sites,
      repositories: {} as never,
      appGenerator: { fingerprint: 'the templates' },
      pipelines: { welcome: steps, deploy: steps, relink: steps },
      logError: () => undefined,
    })
    await work({
      stores,
      project,
      deployer,
      build,
      activate,
      verify,
      closedWorkspaces,
      start: (change = {}) =>
        deployer.deploy({
          project,
          trigger: 'welcome',
          commit: null,
          branch: 'main',
          actor: 'ada',
          options: noOptions,
          ...change,
        }),
      status: ({ deployment }) =>
        stores.deployments.find(deployment.projectId, deployment.number)?.status,
    })
  })
}

test('a cancel during a step ends it, undoes what was begun, and frees the project', async () => {
  await withLab(async ({ deployer, start, status, build, activate, verify, closedWorkspaces }) => {
    const running = start()
    await build.begun.promise
    expect(deployer.cancel(running.deployment, cancelled)).toBe('cancelled')
    await expect(running.done).rejects.toBe(cancelled)
    expect(status(running)).toBe('cancelled')
    expect([build.isUndone, activate.isUndone]).toEqual([true, false])
    expect(closedWorkspaces).toHaveLength(1)
    const next = start()
    for (const gate of [build, activate, verify]) gate.let.resolve()
    await next.done
    expect(status(next)).toBe('completed')
  })
})

test('a cancel after the switch is told that it is finished, and it is', async () => {
  await withLab(async ({ deployer, start, status, build, activate, verify, stores, project }) => {
    build.let.resolve()
    activate.let.resolve()
    const running = start()
    await verify.begun.promise
    expect(deployer.cancel(running.deployment, cancelled)).toBe('finishing')
    verify.let.resolve()
    await running.done
    expect(status(running)).toBe('completed')
    expect(activate.isUndone).toBe(false)
    const told = stores.events.milestones(project.id, 100).map(({ text }) => text)
    expect(told).toContain('visitors see it already, so it is finished, not cancelled')
  })
})

test('what has ended or never was can not be cancelled, and stays as it is', async () => {
  await withLab(async ({ deployer, start, status, build, activate, verify, project }) => {
    for (const gate of [build, activate, verify]) gate.let.resolve()
    const running = start()
    await running.done
    await deployer.stop(0)
    expect(deployer.cancel(running.deployment, cancelled)).toBe('unknown')
    expect(deployer.cancel({ projectId: project.id, number: 99 }, cancelled)).toBe('unknown')
    expect(status(running)).toBe('completed')
  })
})

test('a deployment that is not confirmed is undone, switch and all', async () => {
  await withLab(async ({ start, status, build, activate, verify }) => {
    for (const gate of [build, activate, verify]) gate.let.resolve()
    const moved = new SlipwayError('ref_moved', { branch: 'main' })
    const running = start({ confirm: () => Promise.reject(moved) })
    await expect(running.done).rejects.toBe(moved)
    expect(status(running)).toBe('failed')
    expect([activate.isUndone, build.isUndone]).toEqual([true, true])
  })
})

test('a stop ends what outlasts the limit: failed where somebody waited, else queued', async () => {
  for (const [detach, expected] of [
    [false, 'failed'],
    [true, 'queued'],
  ] as const) {
    await withLab(async ({ deployer, start, status, build }) => {
      const running = start({ options: { ...noOptions, detach } })
      running.done.catch(() => undefined)
      await build.begun.promise
      await deployer.stop(1)
      expect(status(running)).toBe(expected)
      expect(build.isUndone).toBe(true)
      expect(() => start()).toThrow('The server is stopping.')
    })
  }
})

test('a stop lets what runs finish within the limit', async () => {
  await withLab(async ({ deployer, start, status, build, activate, verify }) => {
    const running = start()
    await build.begun.promise
    const stopped = deployer.stop(60_000)
    for (const gate of [build, activate, verify]) gate.let.resolve()
    await running.done
    await stopped
    expect(status(running)).toBe('completed')
  })
})

test('a project that is being deleted takes no more, and what it has is ended', async () => {
  await withLab(async ({ deployer, start, build, project }) => {
    const running = start()
    const ended = expect(running.done).rejects.toMatchObject({ code: 'project_gone' })
    await build.begun.promise
    await deployer.retire(project.id)
    await ended
    expect(() => start()).toThrow('The project was deleted meanwhile.')
  })
})

test('an end that the disk has no room for is on record as soon as it has some', async () => {
  await withLab(async ({ deployer, start, status, build, stores }) => {
    const running = start()
    await build.begun.promise
    const { append } = stores.events
    let refusals = 0
    Object.assign(stores.events, {
      append: () => {
        refusals += 1
        throw new SlipwayError('disk_full', { path: '/data' })
      },
    })
    deployer.cancel(running.deployment, cancelled)
    await expect(running.done).rejects.toThrow()
    await until(() => refusals > 4)
    expect(status(running)).toBe('in_progress')
    Object.assign(stores.events, { append })
    await until(() => status(running) === 'failed')
  })
})
