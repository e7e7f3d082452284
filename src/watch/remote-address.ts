/** Where a project is pushed to. */
import type { Secret } from '../domain/secret.ts'

export interface RemoteAddress {
  /** http or https in use. */
  readonly url: string
  /** Null where the remote asks for none. */
  readonly token: Secret | null
  /** The one that is deployed. */
  readonly branch: string
}
