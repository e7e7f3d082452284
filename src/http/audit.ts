/** The doors' one way of writing the audit log: before a change, and when its outcome is known. */
import type { AuditStore, NewAuditEntry } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { ProjectId } from '../domain/names.ts'

export interface AuditResult {
  /** What was made, where only now it is known. */
  readonly projectId?: ProjectId
  readonly object?: string
  /** Why nothing came of it; null where it was done. */
  readonly refusal: string | null
}

/** A change that can't be written down is not made. */
export async function audited<Value>(
  audit: AuditStore,
  entry: NewAuditEntry,
  {
    work,
    describe,
  }: {
    readonly work: () => Promise<Value>
    readonly describe: (value: Value) => AuditResult
  },
): Promise<Value> {
  const id = audit.begin(entry)
  try {
    const value = await work()
    const { refusal, ...made } = describe(value)
    audit.finish(id, { ...made, outcome: refusal ?? 'done' })
    return value
  } catch (error) {
    audit.finish(id, { outcome: error instanceof SlipwayError ? error.code : 'internal' })
    throw error
  }
}
