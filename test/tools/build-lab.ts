/** A builder with folders of its own, and short ways to try commands in it. */
import { chmod, chown, cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseBuildUser } from '../../src/build/build-user.ts'
import { createBuilder } from '../../src/build/builder.ts'
import { findToolchain, readRegistrySettings } from '../../src/build/toolchain.ts'
import { readConfig } from '../../src/config.ts'
import type { Builder, BuildResult, BuildRun, Workspace } from '../../src/contracts.ts'
import { patienceMs } from './patience.ts'

export interface BuildLab extends AsyncDisposable {
  readonly builder: Builder
  /** The server's own folder, beside that of the builds. */
  readonly folder: string
  readonly buildRoot: string
  /** Opens a workspace, with a fixture's files as its source. */
  readonly open: (key: string, fixture?: string) => Promise<Workspace>
  readonly run: (workspace: Workspace, run: Partial<BuildRun>) => Promise<LabResult>
}

export interface LabResult extends BuildResult {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

export const buildUser = chooseBuildUser()

export async function startBuildLab(
  given: {
    readonly registry?: string
    readonly sandbox?: 'required' | 'off'
    readonly pids?: number
    /** Counted apart from the builds of tests that run beside. */
    readonly uid?: number
    readonly bwrapPath?: null
    readonly nodePath?: string
  } = {},
): Promise<BuildLab> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-build-'))
  await chmod(folder, 0o755)
  const buildRoot = join(folder, 'builds')
  const { registry: _, sandbox, pids = 512, uid, ...replaced } = given
  const config = readConfig(
    {
      FRONTEND_BUILD_ROOT: buildRoot,
      SLIPWAY_SANDBOX: sandbox ?? 'required',
      BUILD_PIDS: String(pids),
    },
    2,
  )
  const found = await findToolchain()
  const toolchain = { ...found, ...replaced }
  const operators = await readRegistrySettings(found)
  const registry =
    given.registry === undefined ? operators : { ...operators, registry: given.registry }
  const user = buildUser === null || uid === undefined ? buildUser : { uid, gid: uid }
  const builder = createBuilder({ config, buildUser: user, toolchain, registry })
  return {
    builder,
    folder,
    buildRoot,
    open: async (key, fixture) => {
      const workspace = await builder.openWorkspace(key)
      if (fixture !== undefined) await fill(workspace.sourceDir, fixture)
      return workspace
    },
    run: async (workspace, run) => {
      const lines = { stdout: [] as string[], stderr: [] as string[] }
      const result = await builder.run({
        workspace,
        rootDir: '.',
        command: ['true'],
        environment: {},
        network: 'none',
        modulesDir: null,
        timeoutMs: patienceMs,
        signal: new AbortController().signal,
        onLine: (line, stream) => lines[stream].push(line),
        ...run,
      })
      return { ...result, ...lines }
    },
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

async function fill(sourceDir: string, fixture: string): Promise<void> {
  await cp(join(import.meta.dirname, '../fixtures', fixture), sourceDir, { recursive: true })
  if (buildUser === null) return
  const names = await readdir(sourceDir, { recursive: true })
  for (const name of names) await chown(join(sourceDir, name), buildUser.uid, buildUser.gid)
}
