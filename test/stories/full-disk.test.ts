/** A disk that is full or read-only: the push is declined by that reason, and the site stays. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mountSmallDisk, type SmallDisk } from '../tools/small-disk.ts'
import {
  type SlipwayServer,
  type Snapshot,
  startSlipwayServer,
  type WorkingCopy,
} from '../tools/slipway-server.ts'

const probe = await mountSmallDisk(1)
const canMount = probe !== null
await probe?.[Symbol.asyncDispose]()
if (!canMount) process.stderr.write('full-disk: skipped, nothing can be mounted here\n')

const folders = [
  { setting: 'NGINX_WWW_ROOT', what: 'the folder of the sites' },
  { setting: 'FRONTEND_BUILD_ROOT', what: 'the folder of the builds' },
] as const

for (const { setting, what } of folders) {
  describe.skipIf(!canMount)(what, () => {
    let disk: SmallDisk
    let server: SlipwayServer
    let copy: WorkingCopy
    let before: Snapshot
    beforeAll(async () => {
      const mounted = await mountSmallDisk(16)
      if (mounted === null) throw new Error('mounted once, and no more')
      disk = mounted
      await mkdir(join(disk.path, 'used'))
      server = await startSlipwayServer({ settings: { [setting]: join(disk.path, 'used') } })
      copy = await server.createWorkingCopy('shop')
      expect((await copy.push()).exitCode).toBe(0)
      await server.untilBuildsAreGone()
      before = await server.snapshot('shop')
      // More than a site may have that is published without a checkout.
      await copy.commit({ 'index.html': '<h1>two</h1>', 'large.bin': randomBytes(9 * 2 ** 20) })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      await disk[Symbol.asyncDispose]()
    })
    beforeEach(async () => {
      await copy.git('fetch', '--quiet')
    })

    async function pushDeclined(): Promise<string> {
      const pushed = await copy.push()
      expect(pushed.exitCode).toBe(1)
      expect(await server.snapshot('shop')).toEqual(before)
      expect(await server.leftBuilds()).toEqual([])
      const { body } = await server.rest('GET', '/projects/shop/deployment-status')
      expect(body).toMatchObject({ status: 'failed', deployment: { status: 'failed' } })
      return pushed.stderr
    }

    test('when it is full, the push is declined by that reason and leaves nothing behind', async () => {
      await disk.fill()
      try {
        const told = await pushDeclined()
        expect(told).toMatch(/remote rejected\] main -> main \(The disk of the server is full/)
        expect(told).toContain('Operator: free some space, then push again; the site is as before.')
      } finally {
        await disk.free()
      }
    })

    test('when it is read-only, the push is declined by that reason', async () => {
      await disk.setReadOnly(true)
      try {
        const told = await pushDeclined()
        expect(told).toMatch(/remote rejected\] main -> main \(The server can not write to/)
        expect(told).toContain('Operator: mend its owner or mount, then push again')
      } finally {
        await disk.setReadOnly(false)
      }
    })

    test('once that is mended, the same push goes live', async () => {
      const pushed = await copy.push()
      expect(pushed.stderr).toContain('live:')
      expect(pushed.exitCode).toBe(0)
      expect((await server.visit('shop')).body).toBe('<h1>two</h1>')
    })

    test('an output that is larger than what is left is declined like a full disk', async () => {
      before = await server.snapshot('shop')
      await server.untilBuildsAreGone()
      await copy.commit({ 'larger.bin': randomBytes(17 * 2 ** 20) })
      expect(await pushDeclined()).toContain('The disk of the server is full')
    })
  })
}

describe.skipIf(!canMount)('the folder of the data', () => {
  test('when it is full, git says so, the site stays, and the same push goes live later', async () => {
    const disk = await mountSmallDisk(16)
    if (disk === null) throw new Error('mounted once, and no more')
    await using _disk = disk
    await using server = await startSlipwayServer({
      settings: { SLIPWAY_DATA: join(disk.path, 'used') },
    })
    const copy = await server.createWorkingCopy('shop')
    expect((await copy.push()).exitCode).toBe(0)
    const before = await server.snapshot('shop')
    await copy.commit({ 'index.html': '<h1>two</h1>', 'large.bin': randomBytes(2 ** 20) })

    await disk.fill()
    const declined = await copy.push()
    expect(declined.exitCode).toBe(1)
    expect(declined.stderr).toContain('No space left on device')
    expect((await server.visit('shop')).body).toBe(before.page.body)
    await disk.free()
    expect(await server.snapshot('shop')).toEqual(before)

    expect((await copy.push()).exitCode).toBe(0)
    expect((await server.visit('shop')).body).toBe('<h1>two</h1>')
  })
})
