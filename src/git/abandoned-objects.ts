/**
 * Takes away what a killed push leaves in a repository: git removes its quarantine folder only when
 * it ends by itself. Never sweeps while a push to the same repository runs.
 */
import { readdir, rm } from 'node:fs/promises'
import { hasErrorCode } from '../machine/files.ts'

export class AbandonedObjects {
  readonly #states = new Map<string, { running: number; sweep: Promise<void> }>()

  /** Runs a push; before the first and after the last of a repository, leftovers go. */
  async around<Result>(repositoryDir: string, push: () => Promise<Result>): Promise<Result> {
    const state = this.#states.get(repositoryDir) ?? { running: 0, sweep: Promise.resolve() }
    this.#states.set(repositoryDir, state)
    state.running += 1
    if (state.running === 1) this.#queueSweep(repositoryDir, state)
    try {
      await state.sweep
      return await push()
    } finally {
      state.running -= 1
      if (state.running === 0) {
        this.#queueSweep(repositoryDir, state)
        await state.sweep.catch(() => undefined)
        if (state.running === 0) this.#states.delete(repositoryDir)
      }
    }
  }

  #queueSweep(repositoryDir: string, state: { sweep: Promise<void> }): void {
    state.sweep = state.sweep.catch(() => undefined).then(() => sweepObjects(repositoryDir))
  }
}

async function sweepObjects(repositoryDir: string): Promise<void> {
  const objectsDir = `${repositoryDir}/objects`
  const names = await readdir(objectsDir).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  })
  for (const name of names) {
    if (/^(?:tmp_objdir-)?incoming-/.test(name)) {
      await rm(`${objectsDir}/${name}`, { recursive: true, force: true })
    }
  }
}
