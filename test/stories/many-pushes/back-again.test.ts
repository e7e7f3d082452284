/** Yesterday's version is wanted back, or today's once more: both by a push that makes no ref. */
import { expect, test } from 'vitest'
import { changeSettings, readRecords } from '../../tools/deployment-records.ts'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { writeFile } from 'node:fs/promises'
import { startSlipwayServer, type WorkingCopy } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const spa = (isSpa: boolean) => ({ 'slipway.json': JSON.stringify({ spa: isSpa }) })

const redeploy = 'HEAD:refs/redeploy/main'
const rollback = (to: string): string => `HEAD:refs/rollback/${to}`

const server = forAllTests(() => startSlipwayServer({ settings: { KEEP_RELEASES: '2' } }))

/** A project whose v2, v3, … are the pages, the last of them live; v1 is the welcome page. */
async function createHistory(slug: string, ...texts: readonly string[]): Promise<WorkingCopy> {
  const [first = '', ...rest] = texts
  const copy = await server.createWorkingCopy(slug, page(first))
  expect((await copy.push()).exitCode).toBe(0)
  for (const text of rest) {
    await copy.commit(page(text))
    expect((await copy.push()).exitCode).toBe(0)
  }
  await untilReleases(slug, texts.length === 1 ? '1 2' : `${texts.length} ${texts.length + 1}`)
  return copy
}

/** A push has returned before the releases that it made old are gone. */
async function untilReleases(slug: string, wanted: string): Promise<void> {
  await until(async () => (await server.releases(slug)).join(' ') === wanted)
}

async function showPage(slug: string): Promise<string> {
  return (await server.visit(slug)).body
}

test('each push of refs/redeploy deploys main again, and makes no ref', async () => {
  const copy = await createHistory('again', 'one')
  const refs = await server.refs('again')
  for (const number of [3, 4]) {
    const pushed = await copy.push(redeploy)
    expect(pushed.exitCode).toBe(0)
    expect(pushed.stderr).toMatch(new RegExp(`again  main [0-9a-f]{7} again → v${number}`))
    expect(pushed.stderr).toContain(`v${number} live: http://again.localhost`)
  }
  expect(await server.refs('again')).toBe(refs)
  expect(readRecords(server, 'again').at(-1)).toMatch(/^v4 completed/)
})

test('a rollback brings the files back without a build, and a redeploy what main says', async () => {
  const copy = await createHistory('toggle', 'one', 'two')
  const refs = await server.refs('toggle')
  const back = await copy.push(rollback('previous'))
  expect(back.exitCode).toBe(0)
  expect(back.stderr).toMatch(/toggle {2}back to release v2 \([0-9a-f]{7}\) → v4/)
  expect(back.stderr).toContain(
    'domains stay as they are now; files, headers and redirects go back',
  )
  expect(back.stderr).not.toMatch(/checkout|install|build {2}|release {2}/)
  expect(back.stderr).toMatch(/✓ verify/)
  expect(back.stderr).toContain('v4 live: http://toggle.localhost')
  expect(await showPage('toggle')).toBe('<h1>one</h1>')
  expect(await server.refs('toggle')).toBe(refs)

  expect((await copy.push(rollback('previous'))).exitCode).toBe(0)
  expect(await showPage('toggle')).toBe('<h1>two</h1>')
  expect((await copy.push(rollback('v2'))).exitCode).toBe(0)
  expect(await showPage('toggle')).toBe('<h1>one</h1>')
  expect((await copy.push(rollback('3'))).exitCode).toBe(0)
  expect(await showPage('toggle')).toBe('<h1>two</h1>')
  expect((await copy.push(rollback('previous'))).exitCode).toBe(0)

  expect((await copy.push(redeploy)).exitCode).toBe(0)
  expect(await showPage('toggle')).toBe('<h1>two</h1>')
  expect(await server.refs('toggle')).toBe(refs)
})

test('a redeploy takes what main says on the server, not what the pusher has', async () => {
  const copy = await createHistory('theirs', 'one')
  await copy.commit(page('not pushed yet'))
  expect((await copy.push(redeploy)).exitCode).toBe(0)
  expect(await showPage('theirs')).toBe('<h1>one</h1>')
})

test("a rollback brings back how its release answers, not only the release's files", async () => {
  const copy = await server.createWorkingCopy('answers', { ...page('app'), ...spa(true) })
  expect((await copy.push()).exitCode).toBe(0)
  const asApp = await server.visit('answers', '/deep/link')
  expect([asApp.status, asApp.body]).toEqual([200, '<h1>app</h1>'])

  await copy.commit({ ...page('pages'), ...spa(false) })
  expect((await copy.push()).exitCode).toBe(0)
  expect((await server.visit('answers', '/deep/link')).status).toBe(404)

  expect((await copy.push(rollback('previous'))).exitCode).toBe(0)
  const back = await server.visit('answers', '/deep/link')
  expect([back.status, back.body]).toEqual([200, '<h1>app</h1>'])
  const { date: _then, ...before } = asApp.headers
  const { date: _now, ...after } = back.headers
  expect(after).toEqual(before)

  expect((await copy.push(rollback('previous'))).exitCode).toBe(0)
  expect((await server.visit('answers', '/deep/link')).status).toBe(404)
})

test('the welcome page can be brought back as well', async () => {
  const copy = await createHistory('welcomed', 'one')
  const back = await copy.push(rollback('v1'))
  expect([back.exitCode, back.stderr]).toEqual([0, expect.stringContaining('to release v1 → v3')])
  expect(await showPage('welcomed')).toContain('git push')
})

test('a release that was collected says so, and names those that remain', async () => {
  const copy = await createHistory('collected', 'one', 'two', 'three', 'four')
  const before = await server.snapshot('collected')
  const pushed = await copy.push(rollback('v2'))
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('The files of release v2 were removed to save space.')
  expect(pushed.stderr).toContain('These remain: v4. To keep more')
  expect(await server.snapshot('collected')).toEqual(before)
  expect((await copy.push(rollback('v4'))).exitCode).toBe(0)
  expect(await showPage('collected')).toBe('<h1>three</h1>')
})

test('the live release, the one before it and pinned ones are kept whatever comes', async () => {
  const copy = await createHistory('keeper', 'one')
  changeSettings(server, 'keeper', { pinnedReleases: [2] })
  for (const text of ['two', 'three', 'four']) {
    await copy.commit(page(text))
    expect((await copy.push()).exitCode).toBe(0)
  }
  // v2 is pinned; v4 and v5 are the newest.
  await untilReleases('keeper', '2 4 5')
  const gone = await copy.push(rollback('v3'))
  expect(gone.stderr).toContain('These remain: v2, v4.')
  expect((await copy.push(rollback('v2'))).exitCode).toBe(0)
  changeSettings(server, 'keeper', { pinnedReleases: [] })

  // v2 is live and older than the newest two, and what came before it is v5.
  await copy.commit(page('five'))
  expect((await copy.push()).exitCode).toBe(0)
  await untilReleases('keeper', '2 5 7')
  const unknown = await copy.push(rollback('v4'))
  expect(unknown.stderr).toContain('These remain: v2, v5.')
  expect((await copy.push(rollback('previous'))).exitCode).toBe(0)
  expect(await showPage('keeper')).toBe('<h1>one</h1>')
})

test('a rollback to what can not be is declined with the reason, and changes nothing', async () => {
  const copy = await createHistory('nowhere', 'one')
  await copy.commit({ 'index.html': '' })
  expect((await copy.push()).exitCode).toBe(1)
  const before = await server.snapshot('nowhere')
  const records = readRecords(server, 'nowhere')
  const refusals = [
    ['v99', 'There is no deployment v99.'],
    ['v3', 'v3 never was live; it is failed.'],
    ['v2', 'Release v2 is live already.'],
    ['v0', '"v0" names no release.'],
    ['yesterday', '"yesterday" names no release.'],
    ['v99999999999', '"v99999999999" names no release.'],
  ] as const
  for (const [to, reason] of refusals) {
    const pushed = await copy.push(rollback(to))
    expect([to, pushed.exitCode]).toEqual([to, 1])
    expect(pushed.stderr).toContain(reason)
  }
  expect(await server.snapshot('nowhere')).toEqual(before)
  expect(readRecords(server, 'nowhere')).toEqual(records)
})

test('where only one release was ever live, there is no previous one', async () => {
  await server.createProject('single')
  const copy = await server.clone('single')
  await copy.commit(page('local'))
  const pushed = await copy.push(rollback('previous'))
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('There is nothing to go back to: only one release was ever live.')
})

test('a branch that does not exist or never was live is not redeployed', async () => {
  const copy = await createHistory('unborn', 'one')
  await copy.push('HEAD:feature')
  const before = await server.snapshot('unborn')
  const missing = await copy.push('HEAD:refs/redeploy/nothing')
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toContain('There is no branch nothing here.')
  const stored = await copy.push('HEAD:refs/redeploy/feature')
  expect(stored.exitCode).toBe(1)
  expect(stored.stderr).toContain('feature was never live; main is the production branch.')
  expect(stored.stderr).toContain('Run: git push deploy HEAD:refs/redeploy/main')
  expect(await server.snapshot('unborn')).toEqual(before)
})

test('a redeploy that waited while a push went live does not bring the older commit back', async () => {
  const copy = await createHistory('overtaken', 'one')
  const pusher = await server.clone('overtaken')
  await pusher.replaceAll(scriptedApp(waitForFile('go') + writeOutput('index.html', 'newer')))
  const pushing = pusher.startPush('main')
  await pushing.untilLine(/waiting for go/)
  const again = copy.startPush(redeploy)
  await again.untilLine(/1 ahead of you/)
  await writeFile(server.pathInBuild('overtaken', 3, 'go'), '')
  expect((await pushing.ended).exitCode).toBe(0)
  const declined = await again.ended
  expect(declined.exitCode).toBe(1)
  expect(declined.stderr).toContain('main was moved by another push meanwhile.')
  expect(await showPage('overtaken')).toBe('newer')
})

test('a pusher can not deploy and roll back in one push', async () => {
  const copy = await createHistory('both', 'one', 'two')
  const before = await server.snapshot('both')
  const pushed = await copy.push(redeploy, rollback('previous'))
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('This push asks for more than one deployment.')
  expect(await server.snapshot('both')).toEqual(before)
})
