/** Schemas that are taken from the platform: when it has them, and what becomes of those it has not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SchemaSource } from '../../src/contracts.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import { type ErrorCode, SlipwayError } from '../../src/domain/errors.ts'
import { defaultProjectSettings, type Project } from '../../src/domain/project.ts'
import { requestPulledRedeploy } from '../../src/pipeline/request-again.ts'
import { SchemaPulls } from '../../src/pipeline/schema-pulls.ts'
import { commitNamed, type Core, openPipelineLab, type PipelineLab } from '../tools/pipeline-lab.ts'
import { until } from '../tools/until.ts'

let lab: PipelineLab
let core: Core
let project: Project
let pulls: SchemaPulls
let answers: (Buffer | ErrorCode)[]
let asked: number
beforeEach(async () => {
  lab = await openPipelineLab()
  lab.machine.files = {}
  core = lab.start()
  const settings = { ...defaultProjectSettings, pulledSchema: 'none' }
  project = lab.addProject({ settings })
  asked = 0
  pulls = open()
})
afterEach(async () => {
  await pulls[Symbol.asyncDispose]()
  await core.deployer.stop(0)
  await lab[Symbol.asyncDispose]()
})

/** Answers in order, the last one again and again. */
const source: SchemaSource = {
  read: () => {
    const said = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    if (Buffer.isBuffer(said)) return Promise.resolve(said)
    const details = { url: 'http://it', problem: 'no' }
    return Promise.reject(new SlipwayError(said ?? 'internal', details))
  },
}

function open(delaysMs: readonly number[] = [1, 1, 1, 1]): SchemaPulls {
  const { deployer, config } = core
  const { repositories } = lab.machine
  const logError = (message: string, error: unknown): void => {
    throw new Error(message, { cause: error })
  }
  return new SchemaPulls({
    ...lab.stores,
    config,
    repositories,
    deployer,
    source,
    logError,
    delaysMs,
  })
}

const fields = [{ name: 'title', type: 'string' }]
function schemaOf(...names: readonly string[]): Buffer {
  const tables = Object.fromEntries(names.map((name) => [name, { fields }]))
  return Buffer.from(JSON.stringify({ tables }))
}

function now(): Project {
  return lab.stores.projects.find(project.id) ?? project
}

function newest() {
  return lab.stores.deployments.newest(project.id)
}

async function untilEnded(): Promise<void> {
  await until(() => ['completed', 'failed', 'cancelled'].includes(newest()?.status ?? ''))
}

describe('a project that was created without a schema', () => {
  test('gets it as soon as the platform has it, as a file that people can read', async () => {
    answers = ['platform_without_schema', 'platform_unreachable', schemaOf('books')]
    pulls.begin(project)
    await until(() => newest()?.status === 'completed')
    expect(asked).toBe(3)
    expect(newest()).toMatchObject({ trigger: 'schema', actor: 'slipway' })
    expect(lab.machine.files['schema.json']).toMatch(/^\{\n {2}"tables": \{\n/)
    expect(now().settings.pulledSchema).toMatch(/^[0-9a-f]{40}$/)
  })

  test('is given up after a while, with a word on what to do', async () => {
    answers = ['platform_without_schema']
    pulls.begin(project)
    await untilEnded()
    expect(newest()).toMatchObject({
      status: 'failed',
      error: {
        code: 'platform_without_schema',
        hint: expect.stringContaining('redeploy') as string,
      },
    })
    const [told] = lab.stores.events.read(project.id, { after: 0, limit: 10 })
    expect(told).toMatchObject({
      text: expect.stringContaining('The platform has no schema') as string,
    })
  })

  test('is given up once for the same reason, however often the server starts', async () => {
    answers = ['platform_without_schema']
    for (let start = 0; start < 3; start += 1) {
      await using again = open()
      await again.resume()
      await until(() => asked === 4 * (start + 1))
      await untilEnded()
    }
    expect(newest()?.number).toBe(1)
  })

  test('is given up at once where the platform says what can not be taken', async () => {
    answers = [Buffer.from('{"tables": {"a": {"fields": []}}, "tables": {}}')]
    pulls.begin(project)
    await untilEnded()
    expect(newest()?.error?.code).toBe('schema_invalid')
    expect(asked).toBe(1)
    expect(lab.machine.refs.size).toBe(0)
  })

  test('keeps what was pushed meanwhile, and asks no more', async () => {
    lab.machine.refs.set(`${project.id} refs/heads/main`, commitNamed('pushed'))
    answers = [schemaOf('books')]
    pulls.begin(project)
    await until(() => now().settings.pulledSchema === null)
    expect([newest(), lab.machine.files]).toEqual([null, {}])
  })

  test('is asked for again by the next start of the server, and by no second one', async () => {
    const settings = { ...defaultProjectSettings, pulledSchema: null }
    lab.addProject({ settings })
    answers = [schemaOf('books')]
    await pulls.resume()
    await until(() => newest()?.status === 'completed')
    await using next = open()
    await next.resume()
    expect(asked).toBe(1)
  })

  test('whose commit was made by a server that stopped then, is deployed by the next', async () => {
    answers = [schemaOf('books')]
    await lab.machine.repositories.commitFiles(project.id, {
      branch: 'main',
      message: 'x',
      author: { name: 'x', email: 'x' },
      files: [
        {
          path: 'schema.json',
          bytes: Buffer.from(`${JSON.stringify(JSON.parse(String(answers[0])), null, 2)}\n`),
        },
      ],
      others: 'stay',
    })
    await pulls.resume()
    await until(() => newest()?.status === 'completed')
    expect(lab.machine.current.get(project.slug)).toBe(1)
  })
})

describe('a redeploy of such a project', () => {
  async function redeploy(): Promise<unknown> {
    const parts = { repositories: lab.machine.repositories, pulls }
    const options = { ...noOptions, detach: true, forceRebuild: true }
    const request = await requestPulledRedeploy(parts, { project: now(), actor: 'ada', options })
    return core.deployer.deploy(request).done.then(
      () => 'live',
      (error: unknown) => (error as SlipwayError).code,
    )
  }

  function told(number: number): string {
    const range = { after: 0, limit: 1_000, deployment: number }
    return lab.stores.events
      .read(project.id, range)
      .map(({ text }) => text)
      .join('\n')
  }

  beforeEach(async () => {
    answers = [schemaOf('books')]
    pulls.begin(project)
    await until(() => newest()?.status === 'completed')
  })

  test('is one of a newer schema, where there is one', async () => {
    answers = [schemaOf('books', 'films')]
    expect(await redeploy()).toBe('replaced')
    await until(() => newest()?.status === 'completed')
    expect(newest()).toMatchObject({ number: 3, trigger: 'schema' })
  })

  test('is one of the same, where there is none', async () => {
    expect(await redeploy()).toBe('live')
    expect(newest()).toMatchObject({ number: 2, trigger: 'redeploy' })
  })

  test.each(['platform_unreachable', 'platform_without_schema', 'platform_answer_unfit'] as const)(
    'goes on with a warning where the platform fails: %s',
    async (code) => {
      answers = [code]
      expect(await redeploy()).toBe('live')
      expect(told(2)).toContain('warning: ')
    },
  )

  test('goes on with a warning where the platform has a schema with mistakes', async () => {
    answers = [Buffer.from('{"tables": {}}')]
    expect(await redeploy()).toBe('live')
    expect(told(2)).toContain('/tables')
  })

  test('keeps a schema that was pushed by hand', async () => {
    lab.machine.files = { 'schema.json': schemaOf('by_hand').toString() }
    lab.machine.refs.set(`${project.id} refs/heads/main`, commitNamed('by hand'))
    answers = [schemaOf('films')]
    expect(await redeploy()).toBe('live')
    expect(lab.machine.files['schema.json']).toContain('by_hand')
  })
})

test('a redeploy before there is a schema asks once more, and shows the welcome page again', async () => {
  answers = ['platform_unreachable']
  const parts = { repositories: lab.machine.repositories, pulls }
  const asking = { project, actor: 'ada', options: { ...noOptions, detach: true } }
  await core.deployer.deploy(await requestPulledRedeploy(parts, asking)).done
  expect(newest()).toMatchObject({ trigger: 'welcome', status: 'completed' })
  answers = [schemaOf('books')]
  const second = core.deployer.deploy(await requestPulledRedeploy(parts, asking))
  await expect(second.done).rejects.toMatchObject({ code: 'replaced' })
  await until(() => newest()?.status === 'completed')
  expect(newest()?.trigger).toBe('schema')
})

test('what waits for the platform ends with the server', async () => {
  answers = ['platform_without_schema']
  await using waiting = open([1, 3_600_000])
  waiting.begin(project)
  await until(() => asked === 1)
  await waiting[Symbol.asyncDispose]()
  waiting.begin(project)
  expect(asked).toBe(1)
})
