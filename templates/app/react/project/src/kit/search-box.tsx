import { useEffect, useRef, useState } from 'react'
import { Icon } from './icon.tsx'
import { useTools } from './tools.ts'

export interface SearchBoxProps {
  readonly label: string
  /** What was searched for last. */
  readonly value: string
  readonly onSearch: (text: string) => void
}

const pauseMs = 300

/** Searches when people pause in typing, and at once when they press Enter. */
export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const { messages } = useTools()
  const [text, setText] = useState(value)
  const [sent, setSent] = useState(value)
  const input = useRef<HTMLInputElement>(null)

  // The search was changed elsewhere: by the back button, or by a link.
  if (value !== sent) {
    setSent(value)
    setText(value)
  }

  const send = (next: string) => {
    setSent(next)
    if (next !== value) onSearch(next)
  }
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => send(text), pauseMs)
    return () => clearTimeout(timer)
  }, [text])

  const clear = () => {
    setText('')
    send('')
    input.current?.focus()
  }
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        send(text)
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        className="input"
        type="search"
        aria-label={label}
        placeholder={messages.search}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {text !== '' && (
        <button type="button" className="button-icon" aria-label={messages.clear} onClick={clear}>
          <Icon name="close" />
        </button>
      )}
    </form>
  )
}
