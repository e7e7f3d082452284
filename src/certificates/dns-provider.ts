/** How the proof of DNS-01 (RFC 8555, section 8.4) gets into a zone: a provider is one file. */

export interface DnsProvider {
  /** `name` is absolute, without the last dot, such as `_acme-challenge.example.org`. */
  readonly present: (name: string, value: string, signal: AbortSignal) => Promise<void>
  /** Takes this value away and leaves any other of that name. */
  readonly cleanUp: (name: string, value: string, signal: AbortSignal) => Promise<void>
}
