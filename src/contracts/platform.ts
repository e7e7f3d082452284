/** What the core asks of the platform that projects come from. */
import type { ProjectId } from '../domain/names.ts'

/** The platform's word on what an app is made from. */
export interface SchemaSource {
  /**
   * One attempt; answers the text as it was sent, unchecked. Throws `platform_unreachable`,
   * `platform_without_schema` or `platform_answer_unfit`, or rejects with the signal's reason.
   */
  readonly read: (projectId: ProjectId, signal: AbortSignal) => Promise<Buffer>
}
