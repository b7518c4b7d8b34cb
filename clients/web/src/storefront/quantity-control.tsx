import { ActionIcon, Group, Text } from '@mantine/core';
import { Minus, Plus, Trash2 } from 'lucide-react';

interface QuantityControlProps {
  readonly name: string;
  readonly quantity: number;
  readonly onChange: (quantity: number) => void;
  readonly disabled?: boolean;
}

/** Fewer, how many, more. The last one is taken out with the bin. */
export function QuantityControl({ name, quantity, onChange, disabled = false }: QuantityControlProps) {
  return (
    <Group gap={4} wrap="nowrap" role="group" aria-label={`Quantity of ${name}`}>
      <ActionIcon
        variant="default"
        size="lg"
        disabled={disabled}
        onClick={() => onChange(quantity - 1)}
        aria-label={quantity === 1 ? `Remove ${name}` : `One ${name} fewer`}
      >
        {quantity === 1 ? <Trash2 size={16} /> : <Minus size={16} />}
      </ActionIcon>
      <Text w={36} ta="center" className="tabular" aria-live="polite">
        {quantity}
      </Text>
      <ActionIcon
        variant="default"
        size="lg"
        disabled={disabled}
        onClick={() => onChange(quantity + 1)}
        aria-label={`One ${name} more`}
      >
        <Plus size={16} />
      </ActionIcon>
    </Group>
  );
}
