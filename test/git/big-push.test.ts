import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { git, makeTemporaryFolder, makeWorkingCopy } from '../tools/git-client.ts'

const mebibyte = 1024 ** 2
/** Half of what goes through: garbage may wait for its collector where the machine is busy. */
const growthMax = 100 * mebibyte
/** Noise can't be compressed; taking it as it is spares the test the attempt. */
const asIs = ['core.compression=0', 'core.bigFileThreshold=1m'].flatMap((text) => ['-c', text])

let server: ChildProcess
let remote: string
let work: string

beforeEach(async () => {
  server = fork(resolve(import.meta.dirname, '../tools/git-server-process.ts'))
  const [ready] = (await once(server, 'message')) as [{ readonly remote: string }]
  remote = ready.remote
  work = await makeTemporaryFolder('work')
})

afterEach(async () => {
  const ended = once(server, 'exit')
  server.disconnect()
  await ended
  await rm(work, { recursive: true, force: true })
})

async function readPeakBytes(): Promise<number> {
  server.send('peak?')
  const [answer] = (await once(server, 'message')) as [{ readonly peakBytes: number }]
  return answer.peakBytes
}

test('200 MB are pushed and fetched by a slow reader without growing the server', async () => {
  await makeWorkingCopy(work)
  await git(work, ['push', '--quiet', remote, 'main'])
  const before = await readPeakBytes()

  for (const name of ['a', 'b', 'c', 'd']) {
    const oid = await git(work, [...asIs, 'hash-object', '-w', '--stdin'], {
      input: randomBytes(50 * mebibyte),
    })
    await git(work, ['update-index', '--add', '--cacheinfo', `100644,${oid},${name}`])
  }
  await git(work, ['commit', '--quiet', '--message=big'])
  await git(work, [...asIs, 'push', '--quiet', remote, 'main'])
  expect((await readPeakBytes()) - before).toBeLessThan(growthMax)

  const commit = await git(work, ['rev-parse', 'HEAD'])
  const response = await fetch(`${remote}/git-upload-pack`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-git-upload-pack-request' },
    body: `0032want ${commit}\n00000009done\n`,
  })
  let bytes = 0
  let told = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    // Asking after each two megabytes makes a reader that is slower than git.
    if (bytes - told < 2 * mebibyte) continue
    told = bytes
    expect((await readPeakBytes()) - before).toBeLessThan(growthMax)
  }
  expect(bytes).toBeGreaterThan(200 * mebibyte)
})
