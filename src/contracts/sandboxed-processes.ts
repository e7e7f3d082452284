/** What a room of the machine asks for to handle strangers' texts behind the walls of builds. */
import type { Readable, Writable } from 'node:stream'

export interface SandboxedProgram {
  /** A script of Slipway's own, for the Node that runs the server; it must lie in `readable`. */
  readonly script: string
  readonly args: readonly string[]
  /**
   * Files and folders that it may read, at their own places. Beside them it has Node and the
   * system's libraries; it can write nowhere, reaches no network and has no environment.
   */
  readonly readable: readonly string[]
  /** Of JavaScript values. What is beside them has a wall of its own, farther away. */
  readonly memoryBytesMax: number
}

export interface SandboxedProcess {
  readonly input: Writable
  readonly output: Readable
  /** Fulfilled when it has ended, however that came, and no process of it is left. */
  readonly ended: Promise<SandboxedEnd>
  /** Ends it at once. It ends by itself when the server does. */
  readonly end: () => void
}

export interface SandboxedEnd {
  /** For the operator; the last of what it printed on standard error. */
  readonly complaint: string
  /** Why the walls could not be built; null where they stood. */
  readonly wallProblem: string | null
}

/** Starts programs that stay. */
export interface SandboxedProcesses {
  /** Throws `sandbox_unavailable` where none can be started on this machine. */
  readonly start: (program: SandboxedProgram) => SandboxedProcess
}
