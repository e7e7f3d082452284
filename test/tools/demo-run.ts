/** `./install.sh` as a person runs it: in a clone of its own, with its own ports and folder. */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { endGroup, type RunAs, startProcess } from '../../src/machine/run-command.ts'
import { findFreePort } from './free-port.ts'

const projectDir = resolve(import.meta.dirname, '../..')

export interface InstallOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly runAs?: RunAs | null
}

/** One run of install.sh; what it prints is read as it comes. */
export class InstallRun {
  printed = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text
        child.emit('printed')
      })
    }
    this.#ended = once(child, 'close').then(([code]) => code as number | null)
  }

  /** Resolves when the text has been printed; fails where the run ends before. */
  async until(text: string): Promise<void> {
    const ended = this.#ended.then((code) => {
      throw new Error(`it ended with ${code} before "${text}":\n${this.printed}`)
    })
    while (!this.printed.includes(text)) await Promise.race([once(this.#child, 'printed'), ended])
    ended.catch(() => undefined)
  }

  /** The exit code; null where a signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.#child.kill(signal)
    return this.#ended
  }

  /** Only the script itself: what it started may hold its output open. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.destroy()
  }

  giveUp(): void {
    endGroup(this.#child)
  }
}

/** A clone of what is committed, with this checkout's packages in it. */
export class InstallLab implements AsyncDisposable {
  readonly folder: string
  readonly cloneDir: string
  readonly demoDir: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly port: number
  readonly #runs: InstallRun[] = []

  constructor(
    folder: string,
    ports: { readonly http: number; readonly https: number; readonly listen: number },
  ) {
    this.folder = folder
    this.cloneDir = join(folder, 'a clone with spaces')
    this.demoDir = join(folder, 'demo')
    this.httpPort = ports.http
    this.httpsPort = ports.https
    this.port = ports.listen
  }

  run(args: readonly string[], { environment, runAs }: InstallOptions = {}): InstallRun {
    const child = startProcess(
      {
        program: join(this.cloneDir, 'install.sh'),
        args,
        cwd: this.folder,
        environment: { ...this.environment(), ...environment },
        runAs: runAs ?? null,
      },
      ['ignore', 'pipe', 'pipe'],
    )
    const run = new InstallRun(child)
    this.#runs.push(run)
    return run
  }

  environment(): Readonly<Record<string, string>> {
    return {
      ...inherited(),
      DEMO_DIR: this.demoDir,
      DEMO_HTTP_PORT: String(this.httpPort),
      DEMO_HTTPS_PORT: String(this.httpsPort),
      DEMO_PORT: String(this.port),
    }
  }

  /** The command lines of all processes that have to do with this lab. */
  async listProcesses(): Promise<readonly string[]> {
    return (await this.#findProcesses()).map(({ line }) => line)
  }

  async #findProcesses(): Promise<readonly { readonly pid: number; readonly line: string }[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const processes = await Promise.all(
      pids.map(async (pid) => {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        return { pid: Number(pid), line: words.replaceAll('\0', ' ') }
      }),
    )
    return processes.filter(({ line }) => line.includes(this.folder))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) run.giveUp()
    for (const { pid } of await this.#findProcesses()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile, as was wanted.
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function openInstallLab(): Promise<InstallLab> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-demo-'))
  // The build user, nginx's workers and a user without rights have to pass through.
  await chmod(folder, 0o755)
  const ports = {
    http: await findFreePort(),
    https: await findFreePort(),
    listen: await findFreePort(),
  }
  const lab = new InstallLab(folder, ports)
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', projectDir, lab.cloneDir])
  copyPackages(join(projectDir, 'node_modules'), join(lab.cloneDir, 'node_modules'))
  // Older than the packages, as where they were installed after it.
  await utimes(join(lab.cloneDir, 'package-lock.json'), 0, 0)
  return lab
}

/** By hard links where that is possible: it is much, and nothing changes it. */
function copyPackages(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' })
  } catch {
    execFileSync('cp', ['-a', '--', from, to])
  }
}

function inherited(): Record<string, string> {
  const isMeant =
    /^(PATH|HOME|NODE_EXTRA_CA_CERTS|npm_config_(registry|cafile|proxy|https_proxy)|https?_proxy|no_proxy)$/i
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => isMeant.test(entry[0]) && entry[1] !== undefined,
    ),
  )
}
