/** A token is revoked while it is in use: whatever it had begun ends, and nothing of it stays. */
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readRecords, untilRecords } from '../tools/deployment-records.ts'
import { forAllTests } from '../tools/for-all-tests.ts'
import { findBuildProcesses, untilNoBuildsLeft } from '../tools/left-behind.ts'
import { PushInProgress } from '../tools/push-in-progress.ts'
import { scriptedApp, waitForFile, writeOutput } from '../tools/scripted-app.ts'
import { startSlipwayServer } from '../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)

test('a push in the middle of its build is declined with the reason, and the site stays', async () => {
  const copy = await server.createWorkingCopy('shop', { 'index.html': '<h1>before</h1>' })
  expect((await copy.push()).exitCode).toBe(0)
  await untilNoBuildsLeft(server)
  const before = await server.snapshot('shop')
  const { body: token } = await server.rest('POST', '/projects/shop/tokens/', {
    body: { name: 'CI', scope: 'deploy' },
  })
  await copy.git('remote', 'add', 'ci', await server.remote('shop', String(token['secret'])))
  await copy.replaceAll(scriptedApp(waitForFile('never')))

  const push = new PushInProgress(copy.dir, ['push', 'ci', 'main'])
  await push.untilLine(/waiting for never/)
  const path = `/projects/shop/tokens/${String(token['id'])}/`
  expect((await server.rest('DELETE', path)).status).toBe(204)

  const { exitCode, stderr } = await push.ended
  expect(exitCode).not.toBe(0)
  expect(stderr).toContain('The token of this push was revoked before the site was live.')
  expect(stderr).toContain('Push again with another token; nothing was changed.')
  expect(stderr).toContain('! [remote rejected] main -> main')
  await untilRecords(server, 'shop', (records) => records.at(-1)?.includes('cancelled') === true)
  expect(readRecords(server, 'shop').at(-1)).toBe('v3 cancelled token_revoked')
  expect(await findBuildProcesses(server, 'shop')).toEqual([])
  expect(await server.snapshot('shop')).toEqual(before)

  const again = await new PushInProgress(copy.dir, ['push', 'ci', 'main']).ended
  expect(again.stderr).toContain('Authentication failed')
})

test('the push of another token is not disturbed', async () => {
  const app = scriptedApp(waitForFile('go') + writeOutput('index.html', 'calm'))
  const copy = await server.createWorkingCopy('calm', app)
  const { body: token } = await server.rest('POST', '/projects/calm/tokens/', {
    body: { name: 'another', scope: 'deploy' },
  })
  const push = copy.startPush('main')
  await push.untilLine(/waiting for go/)
  await server.rest('DELETE', `/projects/calm/tokens/${String(token['id'])}/`)
  await writeFile(server.pathInBuild('calm', 2, 'go'), '')
  const { exitCode, stderr } = await push.ended
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('v2 live:')])
})
