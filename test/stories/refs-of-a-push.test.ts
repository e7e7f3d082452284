/** What a push does with each of its refs: deploys, stores or declines it, alone or all together. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { git, makeWorkingCopy } from '../tools/git-client.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer, WorkingCopy } from '../tools/slipway-server.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const nothing = { 'index.html': '' }

const server = forAllTests(startSlipwayServer)

/** A project of which one commit is live already. */
async function createLive(slug: string): Promise<WorkingCopy> {
  const copy = await server.createWorkingCopy(slug, page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  return copy
}

async function showPage(slug: string): Promise<string> {
  return (await server.visit(slug)).body
}

/** The refs of a project with their commits, HEAD left out. */
async function readRefs(slug: string): Promise<Record<string, string>> {
  const lines = (await server.refs(slug)).split('\n').filter((line) => line !== '')
  const pairs = lines.map((line) => line.split('\t').toReversed() as [string, string])
  return Object.fromEntries(pairs.filter(([ref]) => ref !== 'HEAD'))
}

async function newestDeployment(slug: string): Promise<unknown> {
  const { body } = await server.rest('GET', `/projects/${slug}/deployment-status`)
  return (body['deployment'] as { number: number }).number
}

test('main goes live while a branch and a tag of the same push are stored', async () => {
  const copy = await createLive('several')
  const commit = await copy.commit(page('two'))
  await copy.git('branch', 'feature')
  await copy.git('tag', 'v1.0')
  const pushed = await copy.push('main', 'feature', 'v1.0')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('branch feature is stored, not deployed')
  expect(pushed.stderr).toContain('tag v1.0 is stored, not deployed')
  expect(pushed.stderr).toContain('v3 live:')
  expect(await readRefs('several')).toEqual({
    'refs/heads/main': commit,
    'refs/heads/feature': commit,
    'refs/tags/v1.0': commit,
  })
  expect(await showPage('several')).toBe('<h1>two</h1>')
})

test('a main that can not go live is declined alone; the others are stored', async () => {
  const copy = await createLive('alone')
  const live = await copy.git('rev-parse', 'HEAD')
  const commit = await copy.commit(nothing)
  await copy.git('branch', 'feature')
  const pushed = await copy.push('main', 'feature', 'HEAD:refs/tags/v1')
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toMatch(/! \[remote rejected\] main -> main \(The site was not/)
  expect(pushed.stderr).toMatch(/\* \[new branch\] +feature -> feature/)
  expect(await readRefs('alone')).toEqual({
    'refs/heads/main': live,
    'refs/heads/feature': commit,
    'refs/tags/v1': commit,
  })
  expect(await showPage('alone')).toBe('<h1>one</h1>')
})

test('of an atomic push with a main that can not go live, nothing is moved', async () => {
  const copy = await createLive('atomic')
  const before = await server.snapshot('atomic')
  await copy.commit(nothing)
  await copy.git('branch', 'feature')
  const pushed = await copy.push('--atomic', 'feature', 'main', 'HEAD:refs/tags/v1')
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toMatch(/! \[remote rejected\] main -> main \(The site was not/)
  expect(pushed.stderr).toMatch(/! \[remote rejected\] feature -> feature \(another ref/)
  expect(pushed.stderr).not.toContain('is stored')
  expect(await server.snapshot('atomic')).toEqual(before)
})

test('of an atomic push that deletes the production branch, nothing is deployed or moved', async () => {
  const copy = await createLive('doomed')
  await copy.commit(page('two'))
  const before = await server.snapshot('doomed')
  const pushed = await copy.push('--atomic', 'HEAD:feature', ':main')
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).not.toContain('is stored')
  expect(await server.snapshot('doomed')).toEqual(before)
})

test('an atomic push that can go live moves all of its refs', async () => {
  const copy = await createLive('whole')
  const commit = await copy.commit(page('two'))
  expect((await copy.push('--atomic', 'main', 'HEAD:feature')).exitCode).toBe(0)
  expect(await readRefs('whole')).toEqual({
    'refs/heads/main': commit,
    'refs/heads/feature': commit,
  })
})

test('of two pushes at once, the second waits, is declined, and is told to fetch', async () => {
  const ada = await createLive('race')
  const bob = await server.clone('race')
  const adas = await ada.replaceAll(
    scriptedApp(waitForFile('go') + writeOutput('index.html', '<h1>from Ada</h1>')),
  )
  await bob.commit(page('from Bob'))
  const first = ada.startPush('main')
  await first.untilLine(/waiting for go/)
  const second = bob.startPush('main')
  await second.untilLine(/main [0-9a-f]{7} → v4/)
  await second.untilLine(/1 ahead of you/)
  expect(first.isOver || second.isOver).toBe(false)
  await writeFile(server.pathInBuild('race', 3, 'go'), '')
  expect((await first.ended).exitCode).toBe(0)
  const declined = await second.ended
  expect(declined.exitCode).toBe(1)
  expect(declined.stderr).toContain('main was moved by another push meanwhile.')
  expect(declined.stderr).toContain('Run: git fetch, look at what came, and push again.')
  expect(await readRefs('race')).toEqual({ 'refs/heads/main': adas })
  expect(await showPage('race')).toBe('<h1>from Ada</h1>')

  await bob.git('fetch', '--quiet')
  await bob.git('reset', '--quiet', '--hard', 'deploy/main')
  await bob.replaceAll(page('from both'))
  expect((await bob.push()).exitCode).toBe(0)
  expect(await showPage('race')).toBe('<h1>from both</h1>')
})

test('a push whose base is old is told by git itself to fetch, and no build is started', async () => {
  const ada = await createLive('stale')
  const bob = await server.clone('stale')
  await ada.commit(page('from Ada'))
  expect((await ada.push()).exitCode).toBe(0)
  const number = await newestDeployment('stale')
  await bob.commit(page('from Bob'))
  const pushed = await bob.push()
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toMatch(/rejected.*fetch first/)
  expect(await newestDeployment('stale')).toBe(number)
})

test('the production branch can not be deleted', async () => {
  const copy = await createLive('keeps')
  const before = await server.snapshot('keeps')
  const pushed = await copy.push('--delete', 'main')
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('main is the production branch; it can not be deleted.')
  expect(pushed.stderr).toContain('To take the site down, delete the project.')
  expect(await server.snapshot('keeps')).toEqual(before)
})

test('another branch can be deleted, and the pusher is told that it is gone', async () => {
  const copy = await createLive('tidy')
  await copy.push('HEAD:feature')
  const number = await newestDeployment('tidy')
  const pushed = await copy.push('--delete', 'feature')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('branch feature is removed.')
  expect(Object.keys(await readRefs('tidy'))).toEqual(['refs/heads/main'])
  expect(await newestDeployment('tidy')).toBe(number)
})

test('a forced push of another history goes live', async () => {
  const copy = await createLive('forced')
  await copy.commit(page('two'))
  expect((await copy.push()).exitCode).toBe(0)
  await copy.git('reset', '-q', '--hard', 'HEAD~1')
  const commit = await copy.commit(page('another two'))
  expect((await copy.push()).exitCode).toBe(1)
  const pushed = await copy.push('--force', 'main')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('(forced update)')
  expect(await readRefs('forced')).toEqual({ 'refs/heads/main': commit })
  expect(await showPage('forced')).toBe('<h1>another two</h1>')
})

test('a first push from master makes it the production branch, for clones too', async () => {
  await server.createProject('old-school')
  const dir = await mkdtemp(join(server.folder, 'old-school-'))
  await makeWorkingCopy(dir, page('from master'))
  await git(dir, ['branch', '-m', 'master'])
  await git(dir, ['remote', 'add', 'deploy', await server.remote('old-school')])
  const copy = new WorkingCopy(dir)
  const pushed = await copy.push('master')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('master becomes the production branch.')
  expect(await showPage('old-school')).toBe('<h1>from master</h1>')
  const clone = await server.clone('old-school')
  expect(await clone.git('symbolic-ref', 'HEAD')).toBe('refs/heads/master')
  const { body } = await server.rest('GET', '/projects/old-school/')
  expect(body['production_branch']).toBe('master')

  const later = await copy.push('HEAD:main')
  expect(later.stderr).toContain('branch main is stored, not deployed')
  await copy.commit(page('more of master'))
  expect((await copy.push('master')).stderr).not.toContain('becomes')
  expect(await showPage('old-school')).toBe('<h1>more of master</h1>')
})

test('a first push from master that fails leaves main the production branch', async () => {
  const copy = await server.createWorkingCopy('undecided', nothing)
  expect((await copy.push('HEAD:master')).exitCode).toBe(1)
  const { body } = await server.rest('GET', '/projects/undecided/')
  expect(body['production_branch']).toBe('main')
  expect(await readRefs('undecided')).toEqual({})
})

test('a first push of two branches keeps main as the production branch', async () => {
  const copy = await server.createWorkingCopy('two-at-once', page('main'))
  const pushed = await copy.push('main', 'HEAD:develop')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).not.toContain('becomes')
  expect(pushed.stderr).toContain('branch develop is stored, not deployed')
  expect(await showPage('two-at-once')).toBe('<h1>main</h1>')
})

test('only a first push names the production branch, though nothing of it was deployed', async () => {
  const skipped = await server.createWorkingCopy('skipped', page('one'))
  const first = await skipped.push('-o', 'skip', 'HEAD:trunk')
  expect(first.stderr).toContain('trunk becomes the production branch.')
  const { body } = await server.rest('GET', '/projects/skipped/')
  expect(body['production_branch']).toBe('trunk')

  const two = await server.createWorkingCopy('two-others', page('one'))
  expect((await two.push('HEAD:feature', 'HEAD:develop')).exitCode).toBe(0)
  await two.commit(page('two'))
  const later = await two.push('HEAD:feature')
  expect(later.stderr).toContain('branch feature is stored, not deployed')
  expect((await two.push('HEAD:main')).stderr).toContain('live:')
})

test('a push without anything new says so, and deploys nothing', async () => {
  const copy = await createLive('same')
  const number = await newestDeployment('same')
  const pushed = await copy.push()
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toBe('Everything up-to-date\n')
  expect(await newestDeployment('same')).toBe(number)
})

test('a push that is told to skip is stored, and the next one deploys both commits', async () => {
  const copy = await createLive('skips')
  await copy.commit(page('two'))
  const skipped = await copy.push('-o', 'skip', 'main')
  expect(skipped.exitCode).toBe(0)
  expect(skipped.stderr).toContain('main is stored, and nothing is deployed (-o skip).')
  expect(await showPage('skips')).toBe('<h1>one</h1>')
  const commit = await copy.commit(page('three'))
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('skips')).toBe('<h1>three</h1>')
  expect(await readRefs('skips')).toEqual({ 'refs/heads/main': commit })
})

test('a pusher who goes away in the middle changes nothing, and can push again', async () => {
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', '<h1>stays</h1>'))
  const copy = await server.createWorkingCopy('leaver', app)
  const before = await server.snapshot('leaver')
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  push.leave()
  await push.ended
  await server.untilStatus('leaver', 'deployed')
  expect(await server.snapshot('leaver')).toEqual(before)
  await copy.replaceAll(page('back again'))
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('leaver')).toBe('<h1>back again</h1>')
})
