/** Many push at once where one builds at a time: who waits, who is told what, and who gives way. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDeployments, readRecords } from '../../tools/deployment-records.ts'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { git, makeWorkingCopy } from '../../tools/git-client.ts'
import { untilNoBuildsLeft } from '../../tools/left-behind.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { startSlipwayServer, WorkingCopy } from '../../tools/slipway-server.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })
const builtPage = (text: string) => scriptedApp(writeOutput('index.html', text))
/** Its build goes on until the test says so. */
const waitingApp = (text: string) =>
  scriptedApp(waitForFile('go') + writeOutput('index.html', text))

const server = forAllTests(() => startSlipwayServer({ settings: { BUILD_CONCURRENCY: '1' } }))

async function showPage(slug: string): Promise<string> {
  return (await server.visit(slug)).body
}

async function letGo(slug: string, number: number): Promise<void> {
  await writeFile(server.pathInBuild(slug, number, 'go'), '')
}

test('those who wait for a build are told how many are ahead, and again when it changes', async () => {
  const first = await server.createWorkingCopy('first', waitingApp('first'))
  const second = await server.createWorkingCopy('second', waitingApp('second'))
  const third = await server.createWorkingCopy('third', waitingApp('third'))
  const building = first.startPush('main')
  await building.untilLine(/waiting for go/)
  const next = second.startPush('main')
  await next.untilLine(/… 1 ahead of you/)
  const last = third.startPush('main')
  await last.untilLine(/… 2 ahead of you/)

  await letGo('first', 2)
  expect((await building.ended).exitCode).toBe(0)
  await next.untilLine(/waiting for go/)
  await last.untilLine(/… 1 ahead of you/)
  expect(next.isOver || last.isOver).toBe(false)
  await letGo('second', 2)
  expect((await next.ended).exitCode).toBe(0)
  await last.untilLine(/waiting for go/)
  await letGo('third', 2)
  expect((await last.ended).exitCode).toBe(0)
  expect(await showPage('third')).toBe('third')
})

test('plain files wait for no build', async () => {
  const builder = await server.createWorkingCopy('slow', waitingApp('slow'))
  const building = builder.startPush('main')
  await building.untilLine(/waiting for go/)
  const plain = await server.createWorkingCopy('plain', page('plain'))
  const pushed = await plain.push()
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).not.toContain('ahead of you')
  await letGo('slow', 2)
  expect((await building.ended).exitCode).toBe(0)
})

test('one who pushes again and again does not keep another from their turn', async () => {
  const eager = await server.createWorkingCopy('eager', waitingApp('eager 0'))
  const modest = await server.createWorkingCopy('modest', builtPage('modest'))
  const eagers = [eager.startPush('main')]
  await eagers[0]?.untilLine(/waiting for go/)
  for (const count of [1, 2, 3, 4]) {
    await eager.commit(waitingApp(`eager ${count}`))
    const push = eager.startPush('--force', 'main')
    eagers.push(push)
    await push.untilLine(/1 ahead of you/)
  }
  const pushing = modest.startPush('main')
  await pushing.untilLine(/1 ahead of you/)
  await letGo('eager', 2)
  expect((await pushing.ended).exitCode).toBe(0)
  expect(await showPage('modest')).toBe('modest')
  const outcomes = await Promise.all(eagers.slice(0, -1).map(({ ended }) => ended))
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 1, 1, 1])
  const last = eagers.at(-1)
  // Its base was overtaken by the first of them.
  expect((await last?.ended)?.stderr).toContain('main was moved by another push meanwhile.')
  expect(await showPage('eager')).toBe('eager 0')
})

test('a newer push replaces the one that waits, and its pusher is told by which', async () => {
  const other = await server.createWorkingCopy('other', waitingApp('other'))
  const building = other.startPush('main')
  await building.untilLine(/waiting for go/)
  const ada = await server.createWorkingCopy('newest', builtPage('from Ada'))
  const dir = await mkdtemp(join(server.folder, 'bob-'))
  await makeWorkingCopy(dir, builtPage('from Bob'))
  await git(dir, ['remote', 'add', 'deploy', await server.remote('newest')])
  const bob = new WorkingCopy(dir)

  const older = ada.startPush('main')
  await older.untilLine(/1 ahead of you/)
  const newer = bob.startPush('main')
  const replaced = await older.ended
  const bobs = (await bob.git('rev-parse', 'HEAD')).slice(0, 7)
  expect(replaced.exitCode).toBe(1)
  expect(replaced.stderr).toContain(`! [remote rejected] main -> main (Replaced by v3 (${bobs}).)`)
  expect(replaced.stderr).toContain('Nothing to do: the newer push is deployed instead.')
  expect(readRecords(server, 'newest')[1]).toBe('v2 cancelled replaced')

  await letGo('other', 2)
  expect((await newer.ended).exitCode).toBe(0)
  expect((await building.ended).exitCode).toBe(0)
  expect(await showPage('newest')).toBe('from Bob')
  await untilNoBuildsLeft(server)
})

test('one that builds already is finished when a newer push comes', async () => {
  const copy = await server.createWorkingCopy('finisher', waitingApp('older'))
  const older = copy.startPush('main')
  await older.untilLine(/waiting for go/)
  await copy.replaceAll(page('newer'))
  const newer = copy.startPush('main')
  await newer.untilLine(/1 ahead of you/)
  await letGo('finisher', 2)
  const finished = await older.ended
  expect(finished.exitCode).toBe(0)
  expect(finished.stderr).toContain('v2 live:')
  expect((await newer.ended).exitCode).toBe(1)
  expect(await showPage('finisher')).toBe('older')
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('finisher')).toBe('<h1>newer</h1>')
})

test('one that builds already is cancelled for a newer push where the project says so', async () => {
  const { status } = await server.rest('POST', '/projects/', {
    body: { name: 'x', schema_name: 'canceller', settings: { on_newer_push: 'cancel' } },
  })
  expect(status).toBe(201)
  await server.untilStatus('canceller', 'deployed')
  const dir = await mkdtemp(join(server.folder, 'canceller-'))
  await makeWorkingCopy(dir, waitingApp('older'))
  await git(dir, ['remote', 'add', 'deploy', await server.remote('canceller')])
  const copy = new WorkingCopy(dir)
  const older = copy.startPush('main')
  await older.untilLine(/waiting for go/)
  await copy.replaceAll(builtPage('newer'))
  const newer = await copy.push()
  expect(newer.exitCode).toBe(0)
  expect(newer.stderr).toContain('v3 live:')
  const cancelled = await older.ended
  expect(cancelled.exitCode).toBe(1)
  expect(cancelled.stderr).toContain('Replaced by v3 (')
  expect(readRecords(server, 'canceller').slice(1)).toEqual([
    'v2 cancelled replaced',
    'v3 completed →v3',
  ])
  expect(await showPage('canceller')).toBe('newer')
  await untilNoBuildsLeft(server)
})

test('a redeploy that comes while a newer commit waits does not take its place', async () => {
  const copy = await server.createWorkingCopy('steady', page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  const other = await server.createWorkingCopy('blocker', waitingApp('blocker'))
  const building = other.startPush('main')
  await building.untilLine(/waiting for go/)
  await copy.replaceAll(builtPage('two'))
  const push = copy.startPush('main')
  await push.untilLine(/1 ahead of you/)
  const again = copy.startPush('HEAD:refs/redeploy/main')
  await again.untilLine(/1 ahead of you/)
  await letGo('blocker', 2)
  expect((await push.ended).exitCode).toBe(0)
  expect((await again.ended).stderr).toContain('main was moved by another push meanwhile.')
  expect((await building.ended).exitCode).toBe(0)
  expect(await showPage('steady')).toBe('two')
})

test('the same commit pushed twice at the same moment goes live once, and nothing breaks', async () => {
  const copy = await server.createWorkingCopy('twins', page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  for (let round = 0; round < 5; round += 1) {
    const commit = await copy.commit(page(`round ${round}`))
    const twin = new WorkingCopy(await mkdtemp(join(server.folder, 'twin-')))
    await git(twin.dir, ['clone', '--quiet', '--origin=copy', copy.dir, '.'])
    await twin.git('remote', 'add', 'deploy', await server.remote('twins'))
    const outcomes = await Promise.all([copy.push(), twin.push()])
    const text = outcomes.map(({ stderr }) => stderr).join('\n')
    // One that came after the other was done is told so by git itself.
    const isLate = text.includes('Everything up-to-date')
    expect(outcomes.filter(({ exitCode }) => exitCode === 0)).toHaveLength(isLate ? 2 : 1)
    expect(text).toMatch(/Everything up-to-date|same commit to main was faster|Replaced by/)
    expect(text.match(/ live: /g)).toHaveLength(1)
    expect(await showPage('twins')).toBe(`<h1>round ${round}</h1>`)
    expect(await server.refs('twins')).toContain(commit)
  }
  const ended = readDeployments(server, 'twins').map(({ status }) => status)
  expect(ended.filter((status) => status === 'completed')).toHaveLength(7)
  expect(new Set(ended)).toEqual(new Set(['completed', 'cancelled']))
  const { body } = await server.rest('GET', '/projects/twins/')
  expect(body['status']).toBe('deployed')
})
