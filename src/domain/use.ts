/** What deployments take of the machine, step by step and in all. */
import type { StepName } from './deployment.ts'

/** What processes took. */
export interface ProcessUse {
  /** Of all of them together, in their own code and in the kernel's. */
  readonly cpuMs: number
  /**
   * The most memory that they held at one time, all together. Files that are mapped, such as the
   * programs themselves, and files in a sandbox's `/tmp` don't count.
   */
  readonly memoryPeakBytes: number
}

/** What one step took and wrote; null is what it has none of, or what was not measured. */
export interface StepUse {
  readonly cpuMs: number | null
  readonly memoryPeakBytes: number | null
  readonly files: number | null
  readonly bytes: number | null
}

export interface DeploymentUse {
  readonly cpuMs: number | null
  readonly memoryPeakBytes: number | null
  readonly sourceFiles: number | null
  readonly sourceBytes: number | null
  readonly releaseFiles: number | null
  readonly releaseBytes: number | null
}

export const noUse: StepUse = { cpuMs: null, memoryPeakBytes: null, files: null, bytes: null }

/** A step that runs one command after the other, or writes once. */
export function addUse(before: StepUse | null, more: Partial<StepUse>): StepUse {
  const known = before ?? noUse
  return {
    cpuMs: sum(known.cpuMs, more.cpuMs ?? null),
    memoryPeakBytes: most(known.memoryPeakBytes, more.memoryPeakBytes ?? null),
    files: more.files ?? known.files,
    bytes: more.bytes ?? known.bytes,
  }
}

/** Steps run one after the other, so the peak of all is that of the hungriest. */
export function sumUse(
  steps: readonly { readonly step: StepName; readonly used: StepUse | null }[],
): DeploymentUse {
  const all = steps.reduce((before, { used }) => addUse(before, used ?? noUse), noUse)
  const of = (name: StepName): StepUse => steps.find(({ step }) => step === name)?.used ?? noUse
  const [source, release] = [of('checkout'), of('release')]
  return {
    cpuMs: all.cpuMs,
    memoryPeakBytes: all.memoryPeakBytes,
    sourceFiles: source.files,
    sourceBytes: source.bytes,
    releaseFiles: release.files,
    releaseBytes: release.bytes,
  }
}

function sum(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0)
}

function most(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : Math.max(one ?? 0, other ?? 0)
}
