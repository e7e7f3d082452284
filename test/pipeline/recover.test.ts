/** A server that is taken away at any moment, and what the next one makes of it. */
import { describe, expect, test } from 'vitest'
import { noOptions, type StepName } from '../../src/domain/deployment.ts'
import type { Project } from '../../src/domain/project.ts'
import {
  commitNamed,
  type Core,
  type Halt,
  openPipelineLab,
  type PipelineLab,
  requestOf,
} from '../tools/pipeline-lab.ts'

const first = commitNamed('first')
const second = commitNamed('second')

const deploySteps = [
  'plan',
  'checkout',
  'generate',
  'install',
  'build',
  'release',
  'vhost',
  'activate',
  'certificate',
  'verify',
] as const satisfies readonly StepName[]
const relinkSteps = ['vhost', 'activate', 'certificate', 'verify'] as const

function momentsOf(steps: readonly StepName[]): readonly Halt[] {
  return steps.flatMap((step) => [
    { step, during: 'run' as const, when: 'before' as const },
    { step, during: 'run' as const, when: 'after' as const },
  ])
}

/** Makes v1 live, with the ref where git would have moved it. */
async function makeFirstLive(lab: PipelineLab, project: Project): Promise<void> {
  const { deployer } = lab.start()
  await deployer.deploy(requestOf(project, first)).done
  await deployer.stop(60_000)
  lab.machine.refs.set(`${project.id} refs/heads/main`, first)
}

/** What visitors and the operator see of a project. */
function look({ machine, stores }: PipelineLab, { slug, id }: Project): object {
  const newest = stores.deployments.newest(id)
  return {
    live: machine.current.get(slug) ?? null,
    releases: [...machine.releasesOf(slug)],
    hosts: [...machine.hosts],
    workspaces: [...machine.workspaces],
    newest: [newest?.number, newest?.status, newest?.error?.code ?? null],
    unfinished: stores.deployments.unfinished().length,
  }
}

const asBefore = { live: 1, releases: [1], workspaces: [], unfinished: 0 }

async function haltDeployment(lab: PipelineLab, project: Project, halt: Halt): Promise<Core> {
  const core = lab.start({ halt })
  core.deployer.deploy(requestOf(project, second)).done.catch(() => undefined)
  await core.halted
  return core
}

describe('a push that was cut short', () => {
  test('is tried at every step of the list', async () => {
    await using lab = await openPipelineLab()
    expect(lab.start().pipelines.deploy.map(({ name }) => name)).toEqual(deploySteps)
    expect(lab.start().pipelines.relink.map(({ name }) => name)).toEqual(relinkSteps)
  })

  test.each(momentsOf(deploySteps))('$when $step: the site is as it was', async (halt) => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await makeFirstLive(lab, project)
    await haltDeployment(lab, project, halt)

    const core = lab.start()
    await core.recover()
    const newest = [2, 'failed', 'interrupted']
    expect(look(lab, project)).toMatchObject({ ...asBefore, newest })
    const told = lab.stores.events.milestones(project.id, 100).at(-1)
    expect(told).toMatchObject({ deployment: 2, step: 'deployment', status: 'failed' })

    await core.deployer.deploy(requestOf(project, second)).done
    expect(look(lab, project)).toMatchObject({ live: 3, newest: [3, 'completed', null] })
  })

  test('what a finished deployment left of its workspace goes, and no folder of anybody else', async () => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await makeFirstLive(lab, project)
    const machine = lab.machine
    for (const key of [`${project.slug}-v1`, `${project.slug}-v99`, 'somebody-v1', '.sandbox']) {
      machine.workspaces.add(key)
    }
    await lab.start().recover()
    expect([...machine.workspaces]).toEqual([`${project.slug}-v99`, 'somebody-v1', '.sandbox'])
  })

  test.each(momentsOf(deploySteps))('$when $step, as the first: nothing is live', async (halt) => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await haltDeployment(lab, project, halt)
    await lab.start().recover()
    expect(look(lab, project)).toEqual({
      live: null,
      releases: [],
      hosts: [],
      workspaces: [],
      newest: [1, 'failed', 'interrupted'],
      unfinished: 0,
    })
  })

  test.each(
    (['release', 'vhost', 'activate'] as const).flatMap((step) => [
      { step, during: 'undo' as const, when: 'before' as const },
      { step, during: 'undo' as const, when: 'after' as const },
    ]),
  )(
    'is undone by the third server where the second was cut short $when undoing $step',
    async (halt) => {
      await using lab = await openPipelineLab()
      const project = lab.addProject()
      await makeFirstLive(lab, project)
      await haltDeployment(lab, project, { step: 'verify', during: 'run', when: 'before' })

      const cutShort = lab.start({ halt })
      void cutShort.recover()
      await cutShort.halted
      await lab.start().recover()
      expect(look(lab, project)).toMatchObject({
        ...asBefore,
        newest: [2, 'failed', 'interrupted'],
      })
    },
  )
})

describe('a push that was live but for the last word', () => {
  /** Stops where git is asked to move the ref. */
  async function haltAtConfirm(lab: PipelineLab, project: Project): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const confirm = (): Promise<void> => {
      resolve()
      return new Promise(() => undefined)
    }
    const request = requestOf(project, second, { confirm })
    lab
      .start()
      .deployer.deploy(request)
      .done.catch(() => undefined)
    await promise
  }

  test('stays live where git has moved the ref', async () => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await makeFirstLive(lab, project)
    await haltAtConfirm(lab, project)
    lab.machine.refs.set(`${project.id} refs/heads/main`, second)
    await lab.start().recover()
    const newest = [2, 'completed', null]
    expect(look(lab, project)).toMatchObject({ ...asBefore, live: 2, releases: [1, 2], newest })
    expect(lab.stores.deployments.newest(project.id)?.release).toBe(2)
  })

  test('is taken back where git has not', async () => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await makeFirstLive(lab, project)
    await haltAtConfirm(lab, project)
    await lab.start().recover()
    expect(look(lab, project)).toMatchObject({ ...asBefore, newest: [2, 'failed', 'interrupted'] })
  })
})

describe('a rollback that was cut short', () => {
  test.each(momentsOf(relinkSteps))('$when $step: what was live is live', async (halt) => {
    await using lab = await openPipelineLab()
    const project = lab.addProject()
    await makeFirstLive(lab, project)
    await lab.start().deployer.deploy(requestOf(project, second)).done
    const core = lab.start({ halt })
    const change = { trigger: 'rollback', rollbackTo: 1 } as const
    core.deployer.deploy(requestOf(project, first, change)).done.catch(() => undefined)
    await core.halted

    await lab.start().recover()
    // The verify of a rollback was its last word: nobody has to confirm it.
    const { live, unfinished } = look(lab, project) as { live: number; unfinished: number }
    const newest = lab.stores.deployments.newest(project.id)
    expect(unfinished).toBe(0)
    expect([newest?.status, live]).toEqual(['failed', 2])
    expect([...lab.machine.releasesOf(project.slug)]).toEqual([1, 2])
  })
})

describe('what nobody waits for', () => {
  test.each(momentsOf(['generate', 'release', 'vhost', 'activate', 'verify']))(
    'goes on with the next server: a welcome page cut short $when $step',
    async (halt) => {
      await using lab = await openPipelineLab()
      const project = lab.addProject()
      const options = { ...noOptions, detach: true }
      const core = lab.start({ halt })
      const request = {
        ...requestOf(project, first),
        trigger: 'welcome',
        commit: null,
        branch: null,
        options,
      } as const
      core.deployer.deploy(request).done.catch(() => undefined)
      await core.halted

      const completed = Promise.withResolvers<void>()
      lab.stores.events.follow(project.id, (events) => {
        if (events.some(({ status, step }) => step === 'deployment' && status === 'completed')) {
          completed.resolve()
        }
      })
      await lab.start().recover()
      await completed.promise
      expect(look(lab, project)).toMatchObject({ live: 1, newest: [1, 'completed', null] })
    },
  )
})

test('what was waiting and has nobody any more is cancelled', async () => {
  await using lab = await openPipelineLab()
  const project = lab.addProject()
  await makeFirstLive(lab, project)
  const halt = { step: 'build', during: 'run', when: 'before' } as const
  const core = await haltDeployment(lab, project, halt)
  core.deployer.deploy(requestOf(project, commitNamed('third'))).done.catch(() => undefined)
  await lab.start().recover()
  expect(look(lab, project)).toMatchObject({ ...asBefore, newest: [3, 'cancelled', 'interrupted'] })
})

test('a server that finds nothing unfinished changes nothing', async () => {
  await using lab = await openPipelineLab()
  const project = lab.addProject()
  await makeFirstLive(lab, project)
  const before = lab.stores.events.milestones(project.id, 100)
  await lab.start().recover()
  expect(lab.stores.events.milestones(project.id, 100)).toEqual(before)
  expect(look(lab, project)).toMatchObject({ ...asBefore, newest: [1, 'completed', null] })
})
