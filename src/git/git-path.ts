/**
 * The addresses that a git client asks for, and no other. The caller checks who asks before it
 * serves any of them, POST as well as GET.
 */
import { isSlugShaped } from '../domain/names.ts'

export type GitService = 'git-upload-pack' | 'git-receive-pack'

export interface GitRequest {
  readonly slug: string
  readonly kind: 'info-refs' | 'rpc'
  readonly service: GitService
}

/**
 * Takes the URL of a request as it stands on the wire: nothing in it is decoded or normalised, so a
 * slug is a slug. Null for anything else.
 */
export function parseGitPath(url: string): GitRequest | null {
  const found =
    /^\/([a-z0-9-]+)\.git\/(?:info\/refs\?service=(git-(?:upload|receive)-pack)|(git-(?:upload|receive)-pack))$/.exec(
      url,
    )
  const slug = found?.[1] ?? ''
  if (found === null || !isSlugShaped(slug)) return null
  const advertised = toService(found[2])
  if (advertised !== null) return { slug, kind: 'info-refs', service: advertised }
  const called = toService(found[3])
  return called === null ? null : { slug, kind: 'rpc', service: called }
}

function toService(text: string | undefined): GitService | null {
  return text === 'git-upload-pack' || text === 'git-receive-pack' ? text : null
}
