/** The packages that an ejected app needs, installed once for each lock file and kept. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Framework } from '../../src/domain/project.ts'
import { runCommand } from '../../src/machine/run-command.ts'
import { patienceMs } from './patience.ts'

const root = resolve(import.meta.dirname, '../..')

/** Answers the `node_modules` of a template's lock file. */
export async function installTemplatePackages(framework: Framework): Promise<string> {
  const project = join(root, 'templates/app', framework, 'project')
  const lock = await readFile(join(project, 'package-lock.json'))
  const name = `${framework}-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`
  const cache = join(root, 'node_modules/.cache/slipway-templates')
  const kept = join(cache, name)
  if (!existsSync(kept)) {
    await mkdir(cache, { recursive: true })
    const fresh = await mkdtemp(join(cache, 'fresh-'))
    for (const file of ['package.json', 'package-lock.json']) {
      await copyFile(join(project, file), join(fresh, file))
    }
    await runNpm(fresh, ['ci', '--ignore-scripts'])
    // Another test may have been quicker.
    await rename(fresh, kept).catch(() => rm(fresh, { recursive: true, force: true }))
  }
  return join(kept, 'node_modules')
}

/** What npm needs to reach the registry of who runs the tests. */
const ofNpm =
  /^(PATH|HOME|npm_config_(registry|cafile|cache|proxy|https_proxy)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i

/** Answers what it printed. */
export async function runNpm(folder: string, words: readonly string[]): Promise<string> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => ofNpm.test(entry[0]) && entry[1] !== undefined,
    ),
  )
  const { exitCode, stdout, stderr } = await runCommand({
    program: 'npm',
    args: ['--no-audit', '--no-fund', ...words],
    cwd: folder,
    environment,
    timeoutMs: patienceMs,
  })
  const printed = stdout.toString()
  if (exitCode !== 0) throw new Error(`npm ${words.join(' ')}: ${printed}\n${stderr}`)
  return printed
}
