/**
 * `slipway watch`: every `<slug>.schema.json` of a folder is the schema of the project of that name,
 * and is deployed when it is written, or replaced by a rename.
 */
import { basename, join, resolve } from 'node:path'
import { watch } from 'chokidar'
import { type Slug, slugFromSchemaName } from '../domain/names.ts'
import { type ProjectParts, ProjectWatch, type Tale } from './project-watch.ts'
import { Turns } from './turns.ts'

const ending = '.schema.json'
/** Each is a push that waits for its deployment. */
const deploymentsMax = 4

export interface FolderParts extends Omit<ProjectParts, 'slug' | 'path' | 'turns' | 'tell'> {
  readonly folder: string
  readonly tell: (file: string, tale: Tale) => void
}

export interface FolderWatch extends AsyncDisposable {
  /** What was there at the beginning, each of which is compared with what is live. */
  readonly files: readonly string[]
}

/** Resolves when it watches. Rejects where the folder can not be watched. */
export async function watchFolder(parts: FolderParts): Promise<FolderWatch> {
  const folder = resolve(parts.folder)
  const projects = new Map<Slug, { readonly name: string; readonly watch: ProjectWatch }>()
  const turns = new Turns(deploymentsMax)
  const watcher = watch(folder, {
    depth: 0,
    ignored: (path) => path !== folder && !path.endsWith(ending),
  })

  const notice = (path: string): void => {
    const name = basename(path)
    try {
      const slug = slugFromSchemaName(name.slice(0, -ending.length))
      const known = projects.get(slug) ?? {
        name,
        watch: new ProjectWatch({
          ...parts,
          slug,
          path: join(folder, name),
          turns,
          tell: (tale) => {
            parts.tell(name, tale)
          },
        }),
      }
      projects.set(slug, known)
      if (known.name === name) known.watch.notice()
      else parts.tell(name, { kind: 'second_file', first: known.name })
    } catch (error) {
      parts.tell(name, { kind: 'failed', error })
    }
  }

  const { promise: isReady, resolve: begin, reject } = Promise.withResolvers<void>()
  watcher
    .on('add', notice)
    .on('change', notice)
    .on('unlink', notice)
    .once('ready', begin)
    .on('error', reject)
  const end = async (): Promise<void> => {
    await watcher.close()
    await Promise.all([...projects.values()].map((project) => project.watch[Symbol.asyncDispose]()))
  }
  try {
    await isReady
  } catch (error) {
    await end()
    throw error
  }
  return { files: [...projects.values()].map(({ name }) => name), [Symbol.asyncDispose]: end }
}
