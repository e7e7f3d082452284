/** What the sites ask of the nginx in front of them, whoever runs it. */
export interface Nginx extends AsyncDisposable {
  /**
   * Brings our configuration to nginx, and starts an nginx of our own where none runs. Returns when
   * the new configuration has been seen to answer. Throws `nginx_refused`; then nginx runs by the
   * one from before. Reloads are gathered: one that has to wait for its turn is told so first, with
   * the milliseconds.
   */
  readonly apply: (tellWait?: (ms: number) => void) => Promise<void>
  /** The same, but where no nginx of our own runs: whoever starts it brings all that is wanted. */
  readonly reload: Nginx['apply']
  /** Throws `nginx_refused` where nginx would not take what is on disk now. */
  readonly test: () => Promise<void>
  /** The same of a file for one project, beside our configuration and nothing else. */
  readonly tryVhost: (text: string) => Promise<void>
  /** True where nginx answers with the configuration that was applied last. */
  readonly isServing: () => Promise<boolean>
  /** Ends an nginx of our own; leaves the system's alone. */
  readonly stop: () => Promise<void>
}
