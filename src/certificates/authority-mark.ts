/**
 * By whom a certificate was issued, as a line before it: PEM may hold words between its blocks, and
 * whoever reads it skips them. An authority for trying things out is none that browsers trust.
 */

export function markAuthority(chain: string, authority: string): string {
  return `Issued by ${authority}\n${chain}`
}

/** Null where it was not issued for us, but put there by somebody. */
export function readAuthority(chain: string): string | null {
  return /^Issued by (\S+)\n/.exec(chain)?.[1] ?? null
}
