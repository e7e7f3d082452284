import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { paths } from './base.ts'
import { Icon } from './icon.tsx'
import { findIncomplete } from './incomplete.ts'
import { releaseLeaveGuard, useLeaveGuard } from './leave-guard.ts'
import { idOf, type Row, type Table, titleOf } from './model.ts'
import { Page } from './page.tsx'
import { ErrorState, Skeleton } from './states.tsx'
import { showToast } from './toasts.tsx'
import { useTools } from './tools.ts'
import { FormContext, useForm } from './use-form.ts'
import { listAddress } from './use-list.ts'
import { useRequest } from './use-request.ts'

export interface FormPageProps {
  readonly table: Table
  /** The inputs. */
  readonly children?: ReactNode
}

/** Adds a row, or changes the one that the address names. */
export function FormPage({ table, children }: FormPageProps) {
  const { id } = useParams()
  return id === undefined ? (
    <CreatePage table={table}>{children}</CreatePage>
  ) : (
    <EditPage table={table} id={id}>
      {children}
    </EditPage>
  )
}

function CreatePage({ table, children }: FormPageProps) {
  const { messages } = useTools()
  const [turn, setTurn] = useState(0)
  return (
    <Page
      title={messages.addTo(table.label)}
      table={table}
      back={{ to: listAddress(table.name), label: table.label }}
      isNarrow
    >
      <RowForm
        key={turn}
        table={table}
        row={null}
        takesFocus={turn > 0}
        onAnother={() => setTurn(turn + 1)}
      >
        {children}
      </RowForm>
    </Page>
  )
}

function EditPage({ table, id, children }: FormPageProps & { id: string }) {
  const { api, messages } = useTools()
  const { data: row, error, retry } = useRequest(id, (signal) => api.get(table.name, id, signal))
  const title = row === null ? error && table.label : titleOf(row, table)
  return (
    <Page
      title={title && messages.editTitle(title)}
      table={table}
      back={{ to: paths.detail(table.name, id), label: title ?? table.label }}
      isNarrow
    >
      {error !== null && <ErrorState error={error} retry={retry} />}
      {error === null && row === null && <FormSkeleton count={Object.keys(table.fields).length} />}
      {error === null && row !== null && (
        <RowForm table={table} row={row}>
          {children}
        </RowForm>
      )}
    </Page>
  )
}

interface RowFormProps extends FormPageProps {
  readonly row: Row | null
  /** Whether it comes after another one, in which people were typing. */
  readonly takesFocus?: boolean
  /** Where another row can be added after this one. */
  readonly onAnother?: () => void
}

function RowForm({ table, row, takesFocus, onAnother, children }: RowFormProps) {
  const { messages } = useTools()
  const form = useForm(table, row)
  const element = useRef<HTMLFormElement>(null)
  const navigate = useNavigate()
  useLeaveGuard(form.isChanged)

  useEffect(() => {
    if (form.refusals === 0) return
    const invalid = element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    // Of a group of choices, its first; where no field is to blame, what is said on top.
    const first = invalid?.querySelector('input') ?? invalid
    ;(first ?? element.current?.querySelector<HTMLElement>('.alert'))?.focus()
  }, [form.refusals])

  useEffect(() => {
    if (takesFocus !== true) return
    element.current?.querySelector<HTMLElement>('input, select, textarea')?.focus()
  }, [takesFocus])

  const submit = async (then: (saved: Row) => void) => {
    if (form.isSaving || element.current === null) return
    const saved = await form.save(findIncomplete(element.current, messages))
    if (saved === null) return
    releaseLeaveGuard()
    const title = titleOf(saved, table)
    if (saved === row) showToast(messages.nothingChanged)
    else showToast(row === null ? messages.created(title) : messages.saved(title))
    then(saved)
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void submit((saved) => void navigate(paths.detail(table.name, idOf(saved)), { replace: true }))
  }

  return (
    <FormContext value={form}>
      <form ref={element} className="form" noValidate onSubmit={onSubmit}>
        {form.problems.length > 0 && <Problems texts={form.problems} />}
        {children}
        <div className="form-actions">
          <button className="button button-primary" aria-disabled={form.isSaving}>
            {form.isSaving ? messages.saving : messages.save}
          </button>
          {onAnother && (
            <button type="button" className="button" onClick={() => void submit(onAnother)}>
              {messages.saveAndAdd}
            </button>
          )}
          <Link
            className="button button-quiet"
            to={row === null ? listAddress(table.name) : paths.detail(table.name, idOf(row))}
          >
            {messages.cancel}
          </Link>
        </div>
      </form>
    </FormContext>
  )
}

function Problems({ texts }: { texts: readonly string[] }) {
  return (
    <div className="alert" role="alert" tabIndex={-1}>
      <Icon name="alert" />
      <div>
        {texts.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </div>
    </div>
  )
}

function FormSkeleton({ count }: { count: number }) {
  return (
    <div className="form" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="field">
          <span className="field-label">
            <Skeleton />
          </span>
          <div className="input" />
        </div>
      ))}
    </div>
  )
}
