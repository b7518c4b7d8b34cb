import {
  Alert,
  Anchor,
  Box,
  Button,
  Card,
  Group,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { Link, useParams } from 'wouter';
import { useCart } from './cart.js';
import { type Product, useCatalogue, usePrice, useStock } from './catalogue.js';
import { moneyText } from './money.js';
import { ProductArt } from './product-art.js';
import { QuantityControl } from './quantity-control.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { StockBadge } from './stock-badge.js';

export function CataloguePage() {
  const { products, error } = useCatalogue();
  return (
    <Stack gap="lg">
      <Box>
        <Title order={1}>Flour, milled this week</Title>
        <Text c="dimmed">
          And what you need to bake bread from it. Stock and prices on this page are live.
        </Text>
      </Box>
      {error !== undefined && products === undefined && <Alert color="red">{errorText(error)}</Alert>}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="lg" aria-busy={products === undefined}>
        {products === undefined
          ? [1, 2, 3, 4, 5, 6].map((n) => <Skeleton key={n} h={300} radius="md" />)
          : products.map((product) => <ProductCard key={product.sku} product={product} />)}
      </SimpleGrid>
    </Stack>
  );
}

function ProductCard({ product }: { readonly product: Product }) {
  const stock = useStock(product);
  const price = usePrice(product);
  const { sku, name, description } = product;
  return (
    <Card withBorder padding="md" component="article" aria-label={name}>
      <Card.Section>
        <ProductArt sku={sku} height={150} />
      </Card.Section>
      <Stack gap={6} mt="md" flex={1}>
        <Title order={2} size="h4">
          <Anchor component={Link} href={`/products/${sku}`} inherit c="inherit">
            {name}
          </Anchor>
        </Title>
        <Text size="sm" c="dimmed" flex={1}>
          {description}
        </Text>
        <Group justify="space-between" mt={4}>
          <Text fw={600} className="tabular">
            {moneyText(price)}
          </Text>
          <StockBadge available={stock.available} />
        </Group>
        <AddToCart product={product} price={price} available={stock.available} />
      </Stack>
    </Card>
  );
}

interface AddToCartProps {
  readonly product: Product;
  readonly price: Product['price'];
  readonly available: number;
}

function AddToCart({ product: { sku, name }, price, available }: AddToCartProps) {
  const { name: customer, askName } = useSession();
  const cart = useCart();
  const quantity = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
  if (quantity > 0)
    return (
      <Group justify="space-between" mt="xs" h={36}>
        <Text size="sm">In your cart</Text>
        <QuantityControl
          name={name}
          quantity={quantity}
          disabled={cart.closedBy !== null}
          onChange={(next) => cart.set(sku, next, price)}
        />
      </Group>
    );
  return (
    <Button
      mt="xs"
      variant="light"
      fullWidth
      disabled={available <= 0 || cart.closedBy !== null}
      onClick={() => (customer === undefined ? askName() : cart.set(sku, 1, price))}
      aria-label={`Add to cart: ${name}`}
    >
      Add to cart
    </Button>
  );
}

export function ProductPage() {
  const { sku } = useParams<{ sku: string }>();
  const { products, error } = useCatalogue();
  const product = products?.find((one) => one.sku === sku);
  if (products === undefined)
    return error === undefined ? <Skeleton h={360} /> : <Alert color="red">{errorText(error)}</Alert>;
  if (product === undefined)
    return (
      <Stack>
        <Title order={1}>There is no such product</Title>
        <Anchor component={Link} href="/">
          See everything that is for sale
        </Anchor>
      </Stack>
    );
  return <ProductDetails product={product} />;
}

function ProductDetails({ product }: { readonly product: Product }) {
  const stock = useStock(product);
  const price = usePrice(product);
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
      <Card withBorder padding={0}>
        <ProductArt sku={product.sku} height={320} />
      </Card>
      <Stack gap="sm">
        <Anchor component={Link} href="/" size="sm">
          ← All products
        </Anchor>
        <Title order={1}>{product.name}</Title>
        <Text>{product.description}</Text>
        <Group>
          <Text fw={600} size="xl" className="tabular">
            {moneyText(price)}
          </Text>
          <StockBadge available={stock.available} />
        </Group>
        <Box maw={320} w="100%">
          <AddToCart product={product} price={price} available={stock.available} />
        </Box>
      </Stack>
    </SimpleGrid>
  );
}
