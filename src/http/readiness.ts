/**
 * Whether the server can do its work. Everybody may ask, as often as they like: what costs
 * something is looked at now and then, and the answer is given again in between.
 */
import assert from 'node:assert/strict'
import { limits } from '../config.ts'
import type { Disk } from './metrics.ts'

export interface ReadinessParts {
  /** Throws where nothing can be written. */
  readonly checkDatabase: () => void
  /** False where nginx answers with another configuration than ours. */
  readonly isServing: () => Promise<boolean>
  /** Throws where builds can't be isolated. */
  readonly checkSandbox: () => Promise<void>
  readonly readDisks: () => Promise<readonly Disk[]>
  readonly isStopping: () => boolean
}

export interface Readiness {
  readonly database: boolean
  readonly nginx: boolean
  readonly sandbox: boolean
  /** No disk is nearly full. */
  readonly disk: boolean
  /** It is not about to stop. */
  readonly accepting: boolean
}

export function createReadiness(
  parts: ReadinessParts,
  now: () => number = () => performance.now(),
): () => Promise<Readiness> {
  const { readinessAgeMs, sandboxCheckAgeMs, diskFreeBytesMin } = limits
  const database = remember({ ageMs: readinessAgeMs, now }, () =>
    succeeds(async () => {
      parts.checkDatabase()
    }),
  )
  const nginx = remember({ ageMs: readinessAgeMs, now }, () =>
    succeeds(async () => {
      assert(await parts.isServing())
    }),
  )
  const disk = remember({ ageMs: readinessAgeMs, now }, () =>
    succeeds(async () => {
      for (const { bytesFree } of await parts.readDisks()) assert(bytesFree >= diskFreeBytesMin)
    }),
  )
  const sandbox = remember({ ageMs: sandboxCheckAgeMs, now }, () => succeeds(parts.checkSandbox))
  return async () => {
    const asked = await Promise.all([database(), nginx(), sandbox(), disk()])
    const [isWritable, isServing, isIsolating, hasRoom] = asked
    return {
      database: isWritable,
      nginx: isServing,
      sandbox: isIsolating,
      disk: hasRoom,
      accepting: !parts.isStopping(),
    }
  }
}

/** Whoever asks while a check runs gets its answer, and so does who asks within its age. */
function remember<Value>(
  { ageMs, now }: { readonly ageMs: number; readonly now: () => number },
  check: () => Promise<Value>,
): () => Promise<Value> {
  let known: { readonly answer: Promise<Value>; endsAtMs: number } | null = null
  return () => {
    if (known !== null && now() < known.endsAtMs) return known.answer
    const entry = { answer: check(), endsAtMs: Number.POSITIVE_INFINITY }
    known = entry
    void entry.answer.finally(() => {
      entry.endsAtMs = now() + ageMs
    })
    return entry.answer
  }
}

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
