/** How much room the disk below a folder has. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { hasErrorCode } from './files.ts'

export interface DiskSpace {
  readonly bytes: number
  /** For us; what is kept for root is not among them. */
  readonly bytesFree: number
}

/** Of each folder that the server writes to, by the name that its figures have. */
export function readDisksOf(
  config: Config,
): Promise<readonly (DiskSpace & { readonly folder: string })[]> {
  const folders = { data: config.dataDir, www: config.nginx.wwwRoot, builds: config.buildRoot }
  return Promise.all(
    Object.entries(folders).map(async ([folder, path]) => ({
      folder,
      ...(await readDiskSpace(path)),
    })),
  )
}

/** Of a folder that is not made yet: where it would be. */
export async function readDiskSpace(folder: string): Promise<DiskSpace> {
  try {
    const { bsize, blocks, bavail } = await statfs(folder)
    return { bytes: bsize * blocks, bytesFree: bsize * bavail }
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT') || folder === dirname(folder)) throw error
    return readDiskSpace(dirname(folder))
  }
}
