/** A CI has a clone of depth 1 and a token of its own. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forAllTests } from '../tools/for-all-tests.ts'
import { commitFiles, git, makeWorkingCopy } from '../tools/git-client.ts'
import { startSlipwayServer, WorkingCopy } from '../tools/slipway-server.ts'

const server = forAllTests(startSlipwayServer)

test('the first push from a clone of depth 1 goes live, and so does the next', async () => {
  await server.createProject('ci')
  const upstream = await mkdtemp(join(server.folder, 'upstream-'))
  await makeWorkingCopy(upstream)
  await commitFiles(upstream, { 'index.html': '<h1>two</h1>' })
  const dir = await mkdtemp(join(server.folder, 'ci-'))
  await git(dir, ['clone', '--quiet', '--depth', '1', `file://${upstream}`, '.'])
  await git(dir, ['remote', 'add', 'deploy', await server.remote('ci')])
  const copy = new WorkingCopy(dir)

  expect(await copy.push()).toMatchObject({ exitCode: 0 })
  expect((await server.visit('ci')).body).toBe('<h1>two</h1>')
  await copy.commit({ 'index.html': '<h1>three</h1>' })
  expect(await copy.push()).toMatchObject({ exitCode: 0 })
  expect((await server.visit('ci')).body).toBe('<h1>three</h1>')
})
