/** The projects of the bench, each with a host of its own and one page. */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type HostName, parseSlug, type Slug, toHostName } from '../src/domain/names.ts'
import type { SiteLab } from '../test/tools/site-lab.ts'

const page = '<!doctype html><title>harbour</title>'

/** Each below a domain that somebody registered, as custom domains are. */
export function hostAt(index: number): HostName {
  const host = toHostName(`www.harbour-${index}.test`)
  if (host === null) throw new Error('no host')
  return host
}

export function slugAt(index: number): Slug {
  return parseSlug(`harbour-${index}`)
}

export async function makeSite({ config }: SiteLab, slug: Slug): Promise<void> {
  const site = join(config.nginx.wwwRoot, slug)
  await mkdir(join(site, 'releases', '1', 'files'), { recursive: true })
  await writeFile(join(site, 'releases', '1', 'files', 'index.html'), page)
  await symlink('releases/1', join(site, 'current'))
}
