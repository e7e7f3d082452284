/** Deployments of apps that are made from their schema, and schemas that come by REST. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Sites } from '../../src/contracts.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import type { Project } from '../../src/domain/project.ts'
import { ejectApp } from '../../src/pipeline/eject-app.ts'
import { readSchemaFile } from '../../src/pipeline/put-schema.ts'
import {
  commitNamed,
  type Core,
  openPipelineLab,
  type PipelineLab,
  requestOf,
} from '../tools/pipeline-lab.ts'

let lab: PipelineLab
let project: Project
const published: Parameters<Sites['publish']>[0][] = []
const pages: string[] = []

beforeEach(async () => {
  lab = await openPipelineLab()
  project = lab.addProject()
  lab.machine.files = {}
  published.length = 0
  pages.length = 0
  const { sites } = lab.machine
  const { publish } = sites
  Object.assign(sites, {
    publish: async (release: Parameters<Sites['publish']>[0]) => {
      published.push(release)
      const { from } = release
      pages.push(
        'dir' in from
          ? await readFile(join(from.dir, 'index.html'), 'utf8')
          : (from.files.find(({ path }) => path === 'index.html')?.content?.toString() ?? ''),
      )
      return publish(release)
    },
  })
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const title = { name: 'title', type: 'string' }
function schemaOf(...tables: readonly string[]) {
  return { tables: Object.fromEntries(tables.map((name) => [name, { fields: [title] }])) }
}

/** Pushes a commit of these files and waits until it is live. */
async function push(core: Core, files: Readonly<Record<string, string>>): Promise<void> {
  lab.machine.files = files
  const commit = commitNamed(JSON.stringify(files))
  lab.machine.refs.set(`${project.id} refs/heads/main`, commit)
  await core.deployer.deploy(requestOf(project, commit)).done
}

function told(number: number): readonly string[] {
  return lab.stores.events
    .read(project.id, { after: 0, limit: 1_000, deployment: number })
    .filter(({ text }) => text !== '')
    .map(({ step, status, text }) => `${step} ${status} ${text.replace(/ {2}\(.*/, '')}`)
}

describe('a push of a schema', () => {
  test('is made, published with its two pages, and builds nothing', async () => {
    const core = lab.start()
    lab.machine.onBuild = () => Promise.reject(new Error('nothing is to be built'))
    await push(core, { 'schema.json': JSON.stringify(schemaOf('books', 'films')), '.env': 'A=1' })
    expect(pages).toEqual([`<h1>${project.name}</h1>`])
    expect(published[0]).toMatchObject({
      spaFallback: true,
      subdirectoryPage: `<h1>${project.name}</h1> below`,
      manifest: { store: [...lab.machine.stored] },
    })
    expect(told(1).filter((line) => /^(?:plan|checkout|generate|install|build) /.test(line)))
      .toMatchInlineSnapshot(`
        [
          "plan in_progress .env is not used: the app is made from schema.json alone",
          "plan completed an app from schema.json, nothing to build",
          "checkout skipped the app is made from schema.json alone",
          "generate completed 2 tables, 2 files, all new",
          "install skipped its packages are here already",
          "build skipped it was built as it was made",
        ]
      `)
  })

  test('that changes one table writes the files of that one', async () => {
    const core = lab.start()
    await push(core, { 'schema.json': JSON.stringify(schemaOf('books', 'films')) })
    const changed = schemaOf('books', 'films')
    Object.assign(changed.tables, { films: { fields: [title, { name: 'year', type: 'integer' }] } })
    await push(core, { 'schema.json': JSON.stringify(changed) })
    expect(told(2)).toContain('generate completed 2 tables, 2 files, 1 of them new')
  })

  test('with a mistake is declined, and nothing is opened for it', async () => {
    const core = lab.start()
    const pushed = push(core, { 'schema.json': '{"tables": {}}' })
    await expect(pushed).rejects.toMatchObject({ code: 'schema_invalid' })
    expect(lab.stores.deployments.steps({ projectId: project.id, number: 1 })).toMatchObject([
      { step: 'plan', status: 'failed' },
    ])
  })

  test('is undone as a whole where a later step fails', async () => {
    const core = lab.start()
    Object.assign(lab.machine.sites, {
      ask: () => Promise.resolve({ status: 500, contentType: '', body: Buffer.alloc(0) }),
    })
    const pushed = push(core, { 'schema.json': JSON.stringify(schemaOf('books')) })
    await expect(pushed).rejects.toMatchObject({ code: 'verify_failed' })
    expect(lab.machine.releasesOf(project.slug).size).toBe(0)
    expect(lab.machine.workspaces.size).toBe(0)
    expect(lab.machine.current.get(project.slug)).toBeNull()
  })
})

describe('the same schema once more', () => {
  const files = { 'schema.json': JSON.stringify(schemaOf('books')) }
  beforeEach(async () => {
    await push(lab.start(), files)
  })

  test('is not made again, whatever else the commit holds', async () => {
    await push(lab.start(), { ...files, 'README.md': 'other', 'src.ts': 'other' })
    expect(told(2)).toContainEqual(expect.stringContaining('the same schema.json as v1'))
    expect(published).toHaveLength(1)
  })

  test('is made again by newer templates', async () => {
    await push(lab.start({ templates: 'newer' }), { ...files, 'README.md': 'x' })
    expect(published).toHaveLength(2)
  })

  test('is not made again for other build tools, or another address of the server', async () => {
    await push(lab.start({ tools: 'newer' }), { ...files, 'README.md': 'x' })
    expect(published).toHaveLength(1)
  })

  test('is made again where the project has another name', async () => {
    lab.stores.projects.update(project.id, { name: 'Another' })
    project = lab.stores.projects.find(project.id) ?? project
    await push(lab.start(), { ...files, 'README.md': 'x' })
    expect(pages.at(-1)).toBe('<h1>Another</h1>')
  })

  test('is made again where a rebuild is asked for', async () => {
    const core = lab.start()
    const commit = commitNamed(JSON.stringify(files))
    const options = { ...noOptions, forceRebuild: true }
    await core.deployer.deploy(requestOf(project, commit, { options })).done
    expect(published).toHaveLength(2)
  })

  test('beside a package.json is another app', async () => {
    await expect(push(lab.start(), { ...files, 'package.json': '{}' })).rejects.toMatchObject({
      code: 'build_script_missing',
    })
  })
})

describe('a schema that is put', () => {
  test('is a commit and a deployment by the one who put it', async () => {
    const core = lab.start()
    const { running, commit, isNew } = await core.put(project, schemaOf('books'))
    await running?.done
    expect(isNew).toBe(true)
    expect(lab.stores.deployments.newest(project.id)).toMatchObject({
      trigger: 'schema',
      status: 'completed',
      actor: 'django',
      branch: 'main',
      commit,
    })
  })

  test.each([
    ['the same bytes', (text: string) => text],
    [
      'the same with other white space',
      (text: string) => JSON.stringify(JSON.parse(text), null, 4),
    ],
    ['the same with what some editors put in front', (text: string) => `\uFEFF${text}`],
  ])('as %s is neither', async (_what, change) => {
    const core = lab.start()
    const text = JSON.stringify(schemaOf('books'))
    const first = await core.put(project, text)
    await first.running?.done
    const again = await core.put(project, change(text))
    expect(again).toEqual({ ...first, isNew: false, running: null })
    expect(lab.stores.deployments.newest(project.id)?.number).toBe(1)
  })

  test('that was committed by a server that went away is deployed by the next', async () => {
    const text = JSON.stringify(schemaOf('books'))
    lab.machine.files = { 'schema.json': text }
    lab.machine.refs.set(`${project.id} refs/heads/main`, commitNamed('left behind'))
    const { isNew, running } = await lab.start().put(project, text)
    await running?.done
    expect([isNew, lab.machine.current.get(project.slug)]).toEqual([false, 1])
  })

  test('with another order of tables is another one', async () => {
    const core = lab.start()
    await (
      await core.put(project, schemaOf('books', 'films'))
    ).running?.done
    const { isNew, running } = await core.put(project, schemaOf('films', 'books'))
    await running?.done
    expect(isNew).toBe(true)
  })

  test('over an app that is its own code is refused', async () => {
    const core = lab.start()
    lab.machine.files = { 'package.json': '{}', 'schema.json': '{}' }
    lab.machine.refs.set(`${project.id} refs/heads/main`, commitNamed('an app'))
    await expect(core.put(project, schemaOf('books'))).rejects.toMatchObject({
      code: 'schema_of_source',
      message: expect.stringContaining('main holds package.json') as string,
    })
    expect(lab.stores.deployments.newest(project.id)).toBeNull()
  })

  test('with a mistake is refused before anything is done', async () => {
    await expect(lab.start().put(project, { tables: {} })).rejects.toMatchObject({
      code: 'schema_invalid',
    })
    expect(lab.machine.refs.size).toBe(0)
  })

  test('tells a push that waits or runs that its branch has moved', async () => {
    const core = lab.start()
    const held = Promise.withResolvers<void>()
    lab.machine.onBuild = ({ signal }) =>
      new Promise((resolve) => {
        held.resolve()
        signal.addEventListener('abort', () => {
          resolve({ outcome: 'aborted' })
        })
      })
    lab.machine.files = { 'package.json': '{"scripts":{"build":"make"}}' }
    const pushOf = (name: string): Promise<unknown> =>
      core.deployer
        .deploy(requestOf(project, commitNamed(name)))
        .done.catch((error: unknown) => error)
    const ends = [pushOf('one')]
    await held.promise
    ends.push(pushOf('two'))
    lab.machine.files = {}
    const put = await core.put(project, schemaOf('books'))
    expect(await Promise.all(ends)).toMatchObject([{ code: 'ref_moved' }, { code: 'ref_moved' }])
    await put.running?.done
    expect(lab.machine.current.get(project.slug)).toBe(3)
  })

  test('replaces one that waits', async () => {
    const core = lab.start()
    const puts = [
      await core.put(project, schemaOf('a')),
      await core.put(project, schemaOf('b')),
      await core.put(project, schemaOf('c')),
    ]
    const ends = await Promise.all(
      puts.map(async ({ running }) => {
        try {
          await running?.done
          return 'live'
        } catch (error) {
          return error
        }
      }),
    )
    expect(ends.at(-1)).toBe('live')
    expect(ends[1]).toMatchObject({ code: 'replaced' })
    expect(lab.machine.refs.get(`${project.id} refs/heads/main`)).toBe(puts[2]?.commit)
  })
})

describe('an app that is ejected', () => {
  const asked = { branch: 'ejected', actor: 'ada' }
  const eject = (branch = 'ejected') => {
    const { repositories, appGenerator } = lab.machine
    const config = { frontendDomain: lab.start().config.frontendDomain }
    const parts = { config, repositories, appGenerator, projects: lab.stores.projects }
    return ejectApp(parts, project, { ...asked, branch })
  }

  test('is a commit on a branch of its own', async () => {
    const { running } = await lab.start().put(project, schemaOf('books', 'films'))
    await running?.done
    expect(await eject()).toMatchObject({ branch: 'ejected', files: 3 })
    expect(lab.stores.deployments.newest(project.id)?.number).toBe(1)
  })

  test('is never the production branch', async () => {
    await expect(eject('main')).rejects.toMatchObject({ code: 'eject_onto_production' })
  })

  test('has a schema, or is refused', async () => {
    await expect(eject()).rejects.toMatchObject({ code: 'schema_not_found' })
    expect(await readSchemaFile(lab.machine.repositories, project)).toBeNull()
  })

  test('is none that is its own code already', async () => {
    lab.machine.files = { 'package.json': '{}', 'schema.json': JSON.stringify(schemaOf('books')) }
    lab.machine.refs.set(`${project.id} refs/heads/main`, commitNamed('an app'))
    await expect(eject()).rejects.toMatchObject({ code: 'schema_of_source' })
  })
})
