import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { ApiError } from './api.ts'
import { describeError } from './describe-error.ts'
import { Icon } from './icon.tsx'
import type { InputProps } from './input-props.ts'
import { type Id, idOf, type Row, type Target, titleOf } from './model.ts'
import { useTools } from './tools.ts'
import { useOptions } from './use-options.ts'
import { useLabel } from './value.tsx'
import { idsIn } from './values.ts'

/** Picks one or more rows of another table: people type, and the API searches. */
export function RelationInput({ field, value, onChange, attributes }: InputProps) {
  const { messages } = useTools()
  const [text, setText] = useState('')
  const [isOpen, setIsOpen] = useState(false)
  const [active, setActive] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const target = field.to ?? { table: field.name, label: field.label }
  const options = useOptions(target, text, isOpen)
  const rows = options.data ?? []
  const isMany = field.type === 'relations'
  const ids = idsIn(value)
  const listId = `${attributes.id}-list`

  const change = (next: readonly Id[]) => {
    onChange(isMany ? next : (next.at(-1) ?? ''))
    input.current?.focus()
  }
  const close = () => {
    setIsOpen(false)
    setText('')
  }
  const pick = (row: Row) => {
    const others = ids.filter((id) => id !== idOf(row))
    change(isMany && others.length < ids.length ? others : [...others, idOf(row)])
    setText('')
    if (!isMany) close()
  }
  const step = (by: number) => setActive((active + by + rows.length) % Math.max(1, rows.length))

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active]
    if (event.key === 'ArrowDown' && !isOpen) setIsOpen(true)
    else if (event.key === 'ArrowDown') step(1)
    else if (event.key === 'ArrowUp' && isOpen) step(-1)
    else if (event.key === 'Escape' && isOpen) close()
    else if (event.key === 'Enter' && isOpen) {
      if (row !== undefined) pick(row)
    } else if (event.key === 'Backspace' && text === '' && ids.length > 0) change(ids.slice(0, -1))
    else return
    event.preventDefault()
  }

  return (
    <div
      className="picker"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) close()
      }}
    >
      <div className="picker-box input" onClick={() => input.current?.focus()}>
        {ids.map((id) => (
          <Chip
            key={id}
            target={target}
            id={id}
            onRemove={() => change(ids.filter((other) => other !== id))}
          />
        ))}
        <input
          {...attributes}
          ref={input}
          className="picker-input"
          role="combobox"
          autoComplete="off"
          aria-autocomplete="list"
          aria-expanded={isOpen}
          aria-controls={isOpen ? listId : undefined}
          aria-activedescendant={isOpen && active < rows.length ? `${listId}-${active}` : undefined}
          placeholder={ids.length === 0 ? messages.pickOne : isMany ? messages.pickMore : ''}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setActive(0)
            setIsOpen(true)
          }}
          onClick={() => setIsOpen(true)}
          onKeyDown={onKeyDown}
        />
        <Icon name="down" />
      </div>
      {isOpen && (
        <OptionList
          id={listId}
          target={target}
          rows={options.data}
          error={options.error}
          ids={ids}
          active={active}
          onPick={pick}
        />
      )}
    </div>
  )
}

interface ChipProps {
  readonly target: Target
  readonly id: Id
  readonly onRemove: () => void
}

function Chip({ target, id, onRemove }: ChipProps) {
  const { messages, toneOf } = useTools()
  const label = useLabel(target, id)
  return (
    <span className={`chip ${toneOf(target.table)}`}>
      {label}
      <button
        type="button"
        className="button-icon"
        aria-label={messages.remove(label)}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
    </span>
  )
}

interface OptionListProps {
  readonly id: string
  readonly target: Target
  /** Null while they are on their way. */
  readonly rows: readonly Row[] | null
  readonly error: ApiError | null
  readonly ids: readonly Id[]
  readonly active: number
  readonly onPick: (row: Row) => void
}

function OptionList({ id, target, rows, error, ids, active, onPick }: OptionListProps) {
  const { messages } = useTools()
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    list.current?.querySelector('.is-active')?.scrollIntoView({ block: 'nearest' })
  }, [active])

  if (error !== null || rows === null || rows.length === 0) {
    const note = rows === null ? messages.loading : messages.noOptions
    return (
      <div className="picker-list" id={id} role="status">
        <p className="picker-note">
          {error === null ? note : describeError(error, messages).title}
        </p>
      </div>
    )
  }
  return (
    <ul ref={list} className="picker-list" id={id} role="listbox" aria-label={target.label}>
      {rows.map((row, index) => (
        <li
          key={idOf(row)}
          id={`${id}-${index}`}
          className={index === active ? 'picker-option is-active' : 'picker-option'}
          role="option"
          aria-selected={ids.includes(idOf(row))}
          // The input keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(row)}
        >
          {titleOf(row, target)}
          {ids.includes(idOf(row)) && <Icon name="check" />}
        </li>
      ))}
    </ul>
  )
}
