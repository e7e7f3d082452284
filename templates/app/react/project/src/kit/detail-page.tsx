import { createContext, type ReactNode, use } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { toApiError } from './api.ts'
import { paths } from './base.ts'
import { confirm } from './confirm-dialog.tsx'
import { describeError } from './describe-error.ts'
import { Icon } from './icon.tsx'
import { type Field, type Id, isWritable, type Row, type Table, titleOf } from './model.ts'
import { Page } from './page.tsx'
import { ErrorState, Skeleton } from './states.tsx'
import { showToast } from './toasts.tsx'
import { useTools } from './tools.ts'
import { listAddress } from './use-list.ts'
import { useRequest } from './use-request.ts'
import { ValueOf } from './value.tsx'

/** Null while the row is on its way. */
const RowContext = createContext<Row | null>(null)

export interface DetailPageProps {
  readonly table: Table
  /** The values. */
  readonly children: ReactNode
}

/** One row of a table, with what can be done with it. */
export function DetailPage({ table, children }: DetailPageProps) {
  const { api } = useTools()
  const { id = '' } = useParams()
  const { data: row, error, retry } = useRequest(id, (signal) => api.get(table.name, id, signal))
  const title = row && titleOf(row, table)
  return (
    <Page
      title={title ?? (error && table.label)}
      table={table}
      back={{ to: listAddress(table.name), label: table.label }}
      actions={
        error === null && isWritable(table) && <RowActions table={table} id={id} title={title} />
      }
    >
      {error === null ? (
        <RowContext value={row}>
          <dl className="details">{children}</dl>
        </RowContext>
      ) : (
        <ErrorState error={error} retry={retry} />
      )}
    </Page>
  )
}

export interface ValueProps {
  readonly field: Field
  /** Draws something else than the field's value: `{(row) => …}`. */
  readonly children?: (row: Row) => ReactNode
}

export function Value({ field, children }: ValueProps) {
  const row = use(RowContext)
  return (
    <div className="detail">
      <dt>{field.label}</dt>
      <dd>
        {row === null ? <Skeleton /> : (children?.(row) ?? <ValueOf field={field} row={row} />)}
      </dd>
    </div>
  )
}

interface RowActionsProps {
  readonly table: Table
  readonly id: Id
  /** Null while the row is on its way. */
  readonly title: string | null
}

function RowActions({ table, id, title }: RowActionsProps) {
  const { messages } = useTools()
  const remove = useRemove(table)
  return (
    <>
      <Link className="button" to={paths.edit(table.name, id)}>
        <Icon name="edit" />
        {messages.edit}
      </Link>
      <button
        type="button"
        className="button button-danger"
        disabled={title === null}
        onClick={() => void remove(id, title ?? '')}
      >
        <Icon name="remove" />
        {messages.delete}
      </button>
    </>
  )
}

/** Asks first. */
function useRemove(table: Table): (id: Id, title: string) => Promise<void> {
  const { api, labels, messages } = useTools()
  const navigate = useNavigate()
  return async (id, title) => {
    const isSure = await confirm({
      title: messages.deleteTitle(title),
      text: messages.deleteText,
      yes: messages.delete,
      no: messages.cancel,
    })
    if (!isSure) return
    try {
      await api.delete(table.name, id)
    } catch (thrown) {
      const refusal = toApiError(thrown)
      // Where somebody else was quicker, it is gone, as it should be.
      if (refusal.trouble !== 'missing') {
        return showToast(describeError(refusal, messages).text, true)
      }
    }
    labels.forget(table.name)
    showToast(messages.deleted(title))
    await navigate(listAddress(table.name), { replace: true })
  }
}
