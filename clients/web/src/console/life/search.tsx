import { Button, Group, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';

interface SearchProps {
  readonly id: string;
  readonly onSearch: (id: string) => void;
}

/** S4: as the gateway bounds it. */
const MAX_ID_CHARS = 256;

export function Search({ id, onSearch }: SearchProps) {
  const [text, setText] = useState(id);
  useEffect(() => setText(id), [id]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') onSearch(text.trim());
  };
  return (
    <search>
      <form onSubmit={submit}>
        <Group align="flex-end" gap="sm" wrap="nowrap">
          <TextInput
            label="Id"
            placeholder="order-1"
            value={text}
            maxLength={MAX_ID_CHARS}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            flex={1}
          />
          <Button type="submit">Find</Button>
        </Group>
      </form>
    </search>
  );
}
