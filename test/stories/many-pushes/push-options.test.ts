/** What a pusher can ask for with `-o`: not to wait, to build all the same, to install anew. */
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readRecords, readSteps, untilRecords } from '../../tools/deployment-records.ts'
import { forAllTests } from '../../tools/for-all-tests.ts'
import { untilNoBuildsLeft } from '../../tools/left-behind.ts'
import { scriptedApp, waitForFile, writeOutput } from '../../tools/scripted-app.ts'
import { startSlipwayServer } from '../../tools/slipway-server.ts'
import { until } from '../../tools/until.ts'

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>` })

const server = forAllTests(startSlipwayServer)

async function showPage(slug: string): Promise<string> {
  return (await server.visit(slug)).body
}

/** What the app's build prints, and with it the number of builds that there were. */
const counted = scriptedApp(
  `console.log('building', process.env.SLIPWAY_DEPLOYMENT)\n${writeOutput('index.html', 'built')}`,
)

test('a detached push returns at once with its number, its ref moved, and goes live later', async () => {
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', 'detached'))
  const copy = await server.createWorkingCopy('detached', app)
  const pushed = await copy.push('-o', 'detach', 'main')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('v2 is queued; how it goes is told by: slipway status detached')
  expect(pushed.stderr).toContain('[new branch]      main -> main')
  expect(await server.refs('detached')).toContain(await copy.git('rev-parse', 'HEAD'))
  expect(await showPage('detached')).toContain('git push')
  const { body } = await server.rest('GET', '/projects/detached/deployment-status')
  expect(body['status']).toBe('deploying')

  await until(() => readSteps(server, 'detached', 2).at(-1)?.step === 'build')
  await writeFile(server.pathInBuild('detached', 2, 'go'), '')
  await server.untilStatus('detached', 'deployed')
  expect(await showPage('detached')).toBe('detached')
  await untilNoBuildsLeft(server)
})

test('a detached push that fails reads failed, its ref stays moved and the site as it was', async () => {
  const copy = await server.createWorkingCopy('detached-bad', page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  const commit = await copy.commit({ 'index.html': '' })
  expect((await copy.push('-o', 'detach', 'main')).exitCode).toBe(0)
  const body = await server.untilStatus('detached-bad', 'failed')
  expect(body['deployment']).toMatchObject({ number: 3, status: 'failed', commit })
  expect(await server.refs('detached-bad')).toContain(commit)
  expect(await showPage('detached-bad')).toBe('<h1>one</h1>')
  expect(await copy.push()).toMatchObject({ exitCode: 0, stderr: 'Everything up-to-date\n' })

  await copy.commit(page('mended'))
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('detached-bad')).toBe('<h1>mended</h1>')
})

test('a redeploy can be detached too', async () => {
  const copy = await server.createWorkingCopy('detached-again', page('one'))
  expect((await copy.push()).exitCode).toBe(0)
  const pushed = await copy.push('-o', 'detach', '-o', 'force-rebuild', 'HEAD:refs/redeploy/main')
  expect(pushed.exitCode).toBe(0)
  expect(pushed.stderr).toContain('v3 is queued')
  await untilRecords(server, 'detached-again', (records) => records[2] === 'v3 completed →v3')
})

test('files that were deployed before are not built again, and the pusher is told', async () => {
  const copy = await server.createWorkingCopy('same', counted)
  expect((await copy.push()).stderr).toContain('building 2')
  await copy.commit({})
  const again = await copy.push()
  expect(again.exitCode).toBe(0)
  expect(again.stderr).toContain('the same files as v2, so its release serves again')
  expect(again.stderr).not.toContain('building')
  expect(await server.refs('same')).toContain(await copy.git('rev-parse', 'HEAD'))

  await copy.commit({ 'note.txt': 'other content' })
  expect((await copy.push()).stderr).toContain('building 4')
  await copy.git('rm', '-q', 'note.txt')
  await copy.commit({})
  expect((await copy.push()).stderr).toContain('the same files as v2')
  expect(readRecords(server, 'same')).toEqual([
    'v1 completed →v1',
    'v2 completed →v2',
    'v3 completed →v2',
    'v4 completed →v4',
    'v5 completed →v2',
  ])
  expect(await showPage('same')).toBe('built')
})

test('a commit that failed before is tried again, not taken for known', async () => {
  const app = scriptedApp(`
    if (Number(process.env.SLIPWAY_DEPLOYMENT) < 3) process.exit(1)
    ${writeOutput('index.html', 'second try')}`)
  const copy = await server.createWorkingCopy('retried', app)
  expect((await copy.push()).exitCode).toBe(1)
  expect((await copy.push()).exitCode).toBe(0)
  expect(await showPage('retried')).toBe('second try')
})

test('force-rebuild and clear-cache build although the files are known', async () => {
  const copy = await server.createWorkingCopy('forced', counted)
  expect((await copy.push()).stderr).toContain('building 2')
  await copy.commit({})
  const forced = await copy.push('-o', 'force-rebuild', 'main')
  expect(forced.stderr).toContain('building 3')
  expect(forced.stderr).not.toContain('the same files')
  const cleared = await copy.push('-o', 'clear-cache', 'HEAD:refs/redeploy/main')
  expect(cleared.stderr).toContain('building 4')
  const both = await copy.push(
    '-o',
    'clear-cache',
    '-o',
    'force-rebuild',
    'HEAD:refs/redeploy/main',
  )
  expect(both.stderr).toContain('building 5')
  const plain = await copy.push('HEAD:refs/redeploy/main')
  expect(plain.stderr).toContain('the same files as v5')
})

test('an unknown option is declined with the list of those that are known', async () => {
  const copy = await server.createWorkingCopy('typo', page('one'))
  const before = await server.snapshot('typo')
  const pushed = await copy.push('-o', 'detatch', 'main')
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('The push option "detatch" is not known.')
  expect(pushed.stderr).toContain('Known are: detach, skip, force-rebuild, clear-cache.')
  expect(await server.snapshot('typo')).toEqual(before)
})

test('options that contradict each other are declined, and nothing is stored', async () => {
  const copy = await server.createWorkingCopy('torn', page('one'))
  const before = await server.snapshot('torn')
  for (const other of ['detach', 'force-rebuild', 'clear-cache']) {
    const pushed = await copy.push('-o', other, '-o', 'skip', 'main')
    expect(pushed.exitCode).toBe(1)
    expect(pushed.stderr).toContain(`"skip" and "${other}" contradict each other.`)
  }
  for (const ref of ['refs/redeploy/main', 'refs/rollback/previous']) {
    const pushed = await copy.push('-o', 'skip', `HEAD:${ref}`)
    expect(pushed.exitCode).toBe(1)
    expect(pushed.stderr).toContain(`"skip" and "${ref}" contradict each other.`)
  }
  expect(await server.snapshot('torn')).toEqual(before)
})

test('a push of 200 refs is declined as a whole', async () => {
  const copy = await server.createWorkingCopy('flood', page('one'))
  const before = await server.snapshot('flood')
  const refs = Array.from({ length: 199 }, (_, index) => `HEAD:refs/heads/b${index}`)
  const pushed = await copy.push('main', ...refs)
  expect(pushed.exitCode).toBe(1)
  expect(pushed.stderr).toContain('This push changes 200 refs; at most 100 are taken at once.')
  expect(await server.snapshot('flood')).toEqual(before)
})
