/** A file that a setting names. */
import { readFile } from 'node:fs/promises'
import { SlipwayError } from '../domain/errors.ts'

/** Throws `config_invalid`. */
export async function readNamedFile(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw refuseFile(setting, path, 'expected a file that the server can read')
  }
}

export function refuseFile(name: string, value: string, expected: string): SlipwayError {
  return new SlipwayError('config_invalid', { name, value, expected })
}
