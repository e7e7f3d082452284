/** Values as people read them. */
import { type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { Link } from 'react-router'
import { paths } from './base.ts'
import type { Shown } from './format.ts'
import {
  type Field,
  isRow,
  type Json,
  readValue,
  type Row,
  type Target,
  targetIdOf,
  titleOf,
} from './model.ts'
import { useTools } from './tools.ts'

/** The value of a field, drawn as its type wants. */
export function ValueOf({ field, row }: { field: Field; row: Row }) {
  const { formats } = useTools()
  return drawValue(formats.show(field, readValue(row, field.name)), field)
}

function drawValue(shown: Shown, { label, to }: Field): ReactNode {
  switch (shown.kind) {
    case 'missing':
      return <Missing />
    case 'text':
      return shown.text
    case 'prose':
      return <span className="prose">{shown.text}</span>
    case 'number':
      return <span className="number">{shown.text}</span>
    case 'time':
      return <time dateTime={shown.machine}>{shown.text}</time>
    case 'flag':
      return <span className={shown.isOn ? 'flag is-on' : 'flag'}>{shown.text}</span>
    case 'badge':
      return <span className={`badge tone-${shown.tone}`}>{shown.text}</span>
    case 'code':
      return <pre className="code">{shown.text}</pre>
    case 'link':
      return (
        <a className="link" href={shown.href} rel="noreferrer">
          {shown.text}
        </a>
      )
    case 'image':
      return (
        <a href={shown.href} rel="noreferrer">
          <img className="thumb" src={shown.href} alt={`${label}: ${shown.text}`} loading="lazy" />
        </a>
      )
    case 'rows':
      return (
        <span className="chips">
          {shown.values.map((value, index) => (
            <RelatedRow key={index} target={to} value={value} />
          ))}
        </span>
      )
  }
}

function Missing() {
  const { messages } = useTools()
  return (
    <span className="missing">
      <span aria-hidden="true">—</span>
      <span className="visually-hidden">{messages.empty}</span>
    </span>
  )
}

function RelatedRow({ target, value }: { target: Target | undefined; value: Json }) {
  const { toneOf } = useTools()
  const id = targetIdOf(value)
  const label = useLabel(target, value)
  if (id === undefined || target === undefined) return <span className="chip">{label}</span>
  return (
    <Link className={`chip ${toneOf(target.table)}`} to={paths.detail(target.table, id)}>
      {label}
    </Link>
  )
}

/** What a related row is called: `#12` until that is known. */
export function useLabel(target: Target | undefined, value: Json): string {
  const { labels } = useTools()
  const id = targetIdOf(value)
  const isWhole = isRow(value)
  const known = useSyncExternalStore(labels.subscribe, () =>
    target === undefined || id === undefined ? null : labels.get(target, id),
  )
  useEffect(() => {
    if (target !== undefined && id !== undefined && !isWhole) labels.want(target, id)
  }, [labels, target, id, isWhole])
  if (isRow(value)) return titleOf(value, target ?? {})
  return known ?? `#${id ?? ''}`
}
