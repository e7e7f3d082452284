/** The folders that the settings name, made and tried before anything else is begun. */
import { randomBytes } from 'node:crypto'
import { mkdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../domain/errors.ts'

/** Takes paths by the name of their setting. Throws `config_invalid` for the first that is unfit. */
export async function requireFolders(folders: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, path] of Object.entries(folders)) {
    try {
      await mkdir(path, { recursive: true, mode: 0o711 })
      const trial = join(path, `.trial-${randomBytes(6).toString('hex')}`)
      await writeFile(trial, '', { flag: 'wx' })
      await unlink(trial)
    } catch (error) {
      const problem = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      const expected = `expected a folder that can be written${problem}`
      throw new SlipwayError('config_invalid', { name, value: path, expected }, error)
    }
  }
}
