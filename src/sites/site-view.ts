/** A release as another address shows it: the same files by hard links, with another first page. */
import { chmod, link, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrorCode } from '../machine/files.ts'
import { compressFile, isCompressible } from './compress-file.ts'
import { writeCopy } from './copy-file.ts'
import type { ManifestFile } from './manifest.ts'
import type { SiteView } from './site-folders.ts'

export interface ViewSource {
  /** The folder of the release's files. */
  readonly filesDir: string
  readonly files: ReadonlyMap<string, ManifestFile>
  /** `index.html` of the view. */
  readonly page: string
  readonly modifiedAt: number
}

/** Answers the folders that were made, to be synced. */
export async function writeView(
  view: SiteView & { readonly spaFallback: boolean },
  { filesDir, files, page, modifiedAt }: ViewSource,
): Promise<readonly string[]> {
  const folders = new Set<string>()
  const openFolder = async (folder: string): Promise<void> => {
    if (folders.has(folder)) return
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o755)
    folders.add(folder)
  }
  await openFolder(dirname(view.files))
  await openFolder(view.files)
  for (const [path, { gzipped }] of files) {
    if (path === 'index.html' || path === 'index.html.gz') continue
    const place = join(view.files, path)
    for (const folder of foldersTo(path)) await openFolder(join(view.files, folder))
    await link(join(filesDir, path), place)
    if (gzipped) await link(join(filesDir, `${path}.gz`), `${place}.gz`)
  }
  await writePage(join(view.files, 'index.html'), page, modifiedAt)
  return view.spaFallback ? [...folders, ...(await linkSpaFallback(view))] : [...folders]
}

/** Answers the folder that was made. */
export async function linkSpaFallback({ files, spa }: SiteView): Promise<readonly string[]> {
  await mkdir(spa, { mode: 0o755 })
  await chmod(spa, 0o755)
  await link(join(files, 'index.html'), join(spa, 'index.html'))
  await link(join(files, 'index.html.gz'), join(spa, 'index.html.gz')).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  })
  return [spa]
}

async function writePage(place: string, page: string, modifiedAt: number): Promise<void> {
  const content = Buffer.from(page, 'utf8')
  const { signal } = new AbortController()
  const isKnown = () => Promise.resolve(false)
  await writeCopy(content, place, { modifiedAt, signal, isKnown })
  if (isCompressible(place, content.length)) await compressFile(place, modifiedAt)
}

/** `a/b/c.js` → `a`, `a/b` */
function foldersTo(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
