/** Plain files on their way from a commit to a release: without a checkout where they are few. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { Builder } from '../../src/contracts.ts'
import type { Oid } from '../../src/domain/names.ts'
import { GitRepositories } from '../../src/git/repositories.ts'
import { createSchemaReader } from '../../src/pipeline/schema-reader.ts'
import { createBuild } from '../../src/steps/build.ts'
import { createCheckout } from '../../src/steps/checkout.ts'
import { createPlan } from '../../src/steps/plan.ts'
import { createRelease } from '../../src/steps/release.ts'
import { commitFiles, git } from '../tools/git-client.ts'
import { readTree } from '../tools/read-tree.ts'
import { openSiteLab, type SiteLab } from '../tools/site-lab.ts'
import { contextOf } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

type Files = Readonly<Record<string, string | Buffer>>

const project = newProject()
let lab: SiteLab
let repositories: GitRepositories
let builder: Pick<Builder, 'openWorkspace'>
let workspaces: number

beforeEach(async () => {
  lab = await openSiteLab()
  const { folder } = lab
  const hooksDir = resolve(import.meta.dirname, '../../hooks')
  repositories = new GitRepositories({ dataDir: folder, hooksDir, limits, buildUser: null })
  await mkdir(join(folder, 'repos'))
  await repositories.create(project)
  workspaces = 0
  builder = {
    openWorkspace: async () => {
      workspaces += 1
      const sourceDir = join(await mkdtemp(join(folder, 'workspace-')), 'app')
      await mkdir(sourceDir)
      return { sourceDir }
    },
  }
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

async function commit(files: Files, links: Readonly<Record<string, string>> = {}): Promise<Oid> {
  const dir = await mkdtemp(join(lab.folder, 'copy-'))
  await git(dir, ['init', '--quiet', '--initial-branch=main'])
  for (const path of [...Object.keys(files), ...Object.keys(links)]) {
    await mkdir(join(dir, dirname(path)), { recursive: true })
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(dir, path))
  const oid = await commitFiles(dir, files)
  await git(dir, ['push', '--quiet', '--force', repositories.pathOf(project.id), 'main'])
  return oid as Oid
}

/** Answers what is in the release, and what was said. */
async function release(commitOid: Oid) {
  const { context, output, said } = contextOf(project)
  const readSchema = createSchemaReader(repositories)
  const { config, sites } = lab
  const { plan } = await createPlan({ repositories, readSchema }).run(context, {
    commit: commitOid,
  })
  const whole = builder as Builder
  const known = { commit: commitOid, plan, modulesDir: null, generated: null }
  const checked = await createCheckout({ repositories, builder: whole }).run(context, known)
  const built = await createBuild({ config, builder: whole }).run(context, { ...known, ...checked })
  // What is saved between two steps is JSON.
  const facts = JSON.parse(JSON.stringify({ ...known, ...built })) as typeof known & typeof built
  await createRelease({ repositories, sites }).run(context, facts)
  const place = join(config.nginx.wwwRoot, project.slug, 'releases/1/files')
  const tree = await readTree(place)
  await rm(join(config.nginx.wwwRoot, project.slug), { recursive: true })
  return { tree, output, said }
}

const many = Object.fromEntries(
  Array.from({ length: limits.wholeTreeEntriesMax }, (_, at) => [`f/${at}.txt`, `${at % 7}`]),
)

describe('plain files', () => {
  test('are published without a checkout, with all that they are', async () => {
    const found = await release(
      await commit(
        {
          'index.html': '<h1>x</h1>',
          'a/b/c/d/e/f/g.txt': 'deep',
          'ü "x".txt': Buffer.from([0, 255, 10]),
          '.env': 'SECRET=1',
          '.well-known/security.txt': 'Contact: x',
        },
        { 'passwd.txt': '/etc/passwd', 'b/up': '../../..' },
      ),
    )
    expect(workspaces).toBe(0)
    expect(Object.keys(found.tree).filter((path) => !path.endsWith('/'))).toEqual([
      '.well-known/security.txt',
      'a/b/c/d/e/f/g.txt',
      'index.html',
      'ü "x".txt',
    ])
    expect(found.output.toSorted()).toEqual([
      'left out: .env (not published)',
      'left out: b/up (link)',
      'left out: passwd.txt (link)',
    ])
    expect(found.said).toEqual([
      'plain files, nothing to build',
      'plain files, published as they are in the commit',
      'plain files',
      '4 files, 27 B',
    ])
  })

  test('of a folder that slipway.json names are those of the site', async () => {
    const { tree } = await release(
      await commit({
        'slipway.json': '{"root": "web", "output": "public"}',
        'web/public/index.html': '<h1>x</h1>',
        'web/public/a/b.txt': 'b',
        'web/publicity.txt': 'no',
        'README.md': 'no',
      }),
    )
    expect(Object.keys(tree)).toEqual(['a/', 'a/b.txt', 'index.html'])
    expect(workspaces).toBe(0)
  })

  test('are the same where they are so many that they are checked out', async () => {
    const few = Object.fromEntries(Object.entries(many).slice(1))
    const [page, more] = [{ 'index.html': 'x' }, { 'f/more.txt': 'more' }]
    const whole = await release(await commit({ ...few, ...page }))
    expect(workspaces).toBe(0)
    const checkedOut = await release(await commit({ ...few, ...page, ...more }))
    expect(workspaces).toBe(1)
    const { 'f/more.txt': added, ...rest } = checkedOut.tree
    expect(added).toBeDefined()
    expect(rest).toEqual(whole.tree)
    expect(checkedOut.said[1]).toBe('2,001 files, 2.0 kB')
  })

  test('with a link as their page are declined in the same words with and without a checkout', async () => {
    const page = { 'index.html': 'b.html' }
    const words = 'There is no index.html in app.'
    await expect(release(await commit({ 'b.html': 'x' }, page))).rejects.toThrow(words)
    expect(workspaces).toBe(0)
    await expect(release(await commit({ 'b.html': 'x', ...many }, page))).rejects.toThrow(words)
    expect(workspaces).toBe(1)
  })
})
