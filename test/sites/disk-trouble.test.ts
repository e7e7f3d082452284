// A disk that is full, or that takes no writes: told in words, and the site is as before.
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mountSmallDisk } from '../tools/mount.ts'
import { openSiteLab } from '../tools/site-lab.ts'

it('a release for which the disk has no room fails, and leaves nothing', async ({ skip }) => {
  await using lab = await openSiteLab()
  const { wwwRoot } = lab.config.nginx
  await using disk = await mountSmallDisk(wwwRoot, 512, skip)
  if (disk === null) return
  await lab.deploy(1, { 'index.html': 'small', 'assets/a-BkX3a9_z.js': 'a' })
  const large = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `assets/part${index}-Zq8Lm2${String(index).padStart(2, '0')}.js`,
      randomBytes(20_000),
    ]),
  )
  const failing = lab.publish(2, { 'index.html': 'large', ...large })
  await expect(failing).rejects.toMatchObject({ code: 'disk_full' })
  expect(await readdir(join(wwwRoot, 'mon-app/releases'))).toEqual(['1'])
  expect(await readdir(join(wwwRoot, 'mon-app/pool/assets'))).toEqual(['a-BkX3a9_z.js'])
  expect(await lab.sites.currentRelease(lab.slug)).toBe(1)
  await lab.deploy(3, { 'index.html': 'small again' })
})

it('a folder that takes no writes is named, and the live release stays', async ({ skip }) => {
  await using lab = await openSiteLab()
  const { wwwRoot } = lab.config.nginx
  await using disk = await mountSmallDisk(wwwRoot, 512, skip)
  if (disk === null) return
  await lab.deploy(1, { 'index.html': 'one' })
  await lab.publish(2, { 'index.html': 'two' })
  await disk.makeReadOnly()
  const { sites, slug } = lab
  const refused = { code: 'folder_not_writable' }
  await expect(lab.publish(3, { 'index.html': 'three' })).rejects.toMatchObject(refused)
  await expect(sites.activate(slug, 2)).rejects.toMatchObject(refused)
  await expect(sites.activate(slug, null)).rejects.toMatchObject(refused)
  await expect(sites.removeRelease(slug, 2)).rejects.toMatchObject(refused)
  expect(await sites.currentRelease(slug)).toBe(1)
  expect(await sites.listReleases(slug)).toEqual([1, 2])
})
